import { z } from 'zod';
import { SightlineError, StoreError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { DEFAULT_SETTINGS, type Settings } from '../findings/settings.ts';
import { SEVERITIES } from '../findings/severity.ts';
import { type ObjectStore, PreconditionFailedError, UnknownOutcomeError } from '../store/object-store.ts';
import { CURRENT_CONFIG_KEY, configKey, sha256 } from './keys.ts';

const texts = z.array(z.string());
const match = z.object({
  source: texts.optional(),
  cloud: texts.optional(),
  account: texts.optional(),
  region: texts.optional(),
  service: texts.optional(),
  rule: texts.optional(),
  resource: texts.optional(),
  label: z.record(z.string(), texts).optional(),
});
const pairs = z.record(z.string(), z.string());
const days = z.partialRecord(z.enum(SEVERITIES), z.number());
const owner = { team: z.string().optional(), environment: z.string().optional(), labels: pairs.optional() };

const documentSchema = z.object({
  format: z.literal(1),
  /** 1 for the first ever applied; the one in force has the highest. */
  seq: z.number(),
  previous: z.string().nullable(),
  appliedAt: z.number(),
  by: z.string(),
  settings: z.object({
    sla: z.object({ days, teams: z.record(z.string(), days) }),
    accounts: z.array(
      z.object({
        cloud: z.string().optional(),
        account: z.string(),
        name: z.string().optional(),
        sources: texts.optional(),
        ...owner,
      }),
    ),
    discovered: z
      .array(
        z.object({
          discovery: z.string(),
          cloud: z.string(),
          account: z.string(),
          name: z.string().optional(),
          ...owner,
        }),
      )
      .default([]),
    ownership: z.array(z.object({ match, naming: z.string().optional(), ...owner })),
    mutes: z.array(
      z.object({ id: z.string(), owner: z.string(), reason: z.string(), expires: z.number(), match }),
    ),
    severity: z.array(z.object({ match, severity: z.enum(SEVERITIES) })),
    minimumRules: z.number(),
    quietDays: z.number().default(DEFAULT_SETTINGS.quietDays),
  }),
});

/** From the settings in force to those that shall be; the same object: nothing shall change. */
export type SettingsChange = (inForce: Settings) => Settings | Promise<Settings>;

/** A configuration as it was applied. */
export interface AppliedConfig {
  /** null for the built-in defaults, which were never applied. */
  readonly digest: string | null;
  readonly seq: number;
  readonly appliedAt: EpochMs;
  readonly settings: Settings;
}

export const DEFAULT_CONFIG: AppliedConfig = {
  digest: null,
  seq: 0,
  appliedAt: -Infinity,
  settings: DEFAULT_SETTINGS,
};

const currentSchema = z.object({ format: z.literal(1), digest: z.string() });

/** The configurations in the bucket. Remembers each by its digest: they never change. */
export class ConfigStore {
  readonly #store: ObjectStore;
  readonly #known = new Map<string, AppliedConfig>();
  #current: AppliedConfig | undefined;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** The configuration in force, as last read by this process. */
  async current(): Promise<AppliedConfig> {
    return this.#current ?? (await this.reload());
  }

  async reload(): Promise<AppliedConfig> {
    const { digest } = await this.#readCurrent();
    this.#current = digest === null ? DEFAULT_CONFIG : await this.byDigest(digest);
    return this.#current;
  }

  /** @throws SightlineError `corrupt` when the bucket lacks it */
  async byDigest(digest: string | null): Promise<AppliedConfig> {
    if (digest === null) return DEFAULT_CONFIG;
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const key = configKey(digest);
    const stored = await this.#store.get(key);
    const whole = stored !== undefined && sha256(stored.body) === digest;
    const parsed = whole ? parse(documentSchema, stored.body) : undefined;
    if (parsed === undefined) {
      throw new SightlineError(
        'corrupt',
        `the configuration ${key} is missing or damaged`,
        'Restore it from a version or backup of the bucket.',
      );
    }
    const { seq, appliedAt, settings } = parsed;
    const config: AppliedConfig = { digest, seq, appliedAt, settings };
    this.#known.set(digest, config);
    return config;
  }

  /**
   * Changes the configuration in force.
   * @param change asked again whenever others were faster, so that nobody's part is lost
   * @returns what is in force then, and whether it is another than before
   */
  async apply(
    change: SettingsChange,
    by: string,
    at: EpochMs,
  ): Promise<{ config: AppliedConfig; changed: boolean }> {
    let own: string | undefined;
    for (let attempt = 0; attempt < 20; attempt++) {
      const { digest: previous, etag } = await this.#readCurrent();
      const before = await this.byDigest(previous);
      const settings = await change(before.settings);
      // The defaults, applied, are another thing than none ever applied.
      const same = previous !== null && canonical(before.settings) === canonical(settings);
      if (same || settings === before.settings) {
        this.#current = before;
        return { config: before, changed: previous === own };
      }
      const document = {
        format: 1,
        seq: before.seq + 1,
        previous,
        appliedAt: at,
        by,
        settings: written(settings),
      };
      const body = Buffer.from(JSON.stringify(document, null, 2));
      const digest = sha256(body);
      own = digest;
      await this.#store.put(configKey(digest), body, { contentType: 'application/json' });
      try {
        const pointer = Buffer.from(JSON.stringify({ format: 1, digest }));
        await this.#store.replace(CURRENT_CONFIG_KEY, pointer, etag, { contentType: 'application/json' });
      } catch (error) {
        // Either way the next round reads what is there: our own settings in force end it.
        if (error instanceof PreconditionFailedError || error instanceof UnknownOutcomeError) continue;
        throw error;
      }
      this.#current = await this.byDigest(digest);
      return { config: this.#current, changed: true };
    }
    throw new StoreError(
      'the configuration kept being changed by others while it was to be applied',
      'Find out who else runs `sightline config apply`, or what a discovery finds anew all the time; then apply again.',
      'conflict',
    );
  }

  async #readCurrent(): Promise<{ digest: string | null; etag: string | null }> {
    const stored = await this.#store.get(CURRENT_CONFIG_KEY);
    if (stored === undefined) return { digest: null, etag: null };
    const parsed = parse(currentSchema, stored.body);
    if (parsed === undefined) {
      throw new SightlineError(
        'corrupt',
        `${CURRENT_CONFIG_KEY} is damaged`,
        'Restore it from a version or backup of the bucket.',
      );
    }
    return { digest: parsed.digest, etag: stored.etag };
  }
}

/** Settings without anything found are written as they were before there was a discovery: their digest stays. */
function written({ discovered, ...settings }: Settings): object {
  return discovered.length === 0 ? settings : { ...settings, discovered };
}

function parse<T>(schema: z.ZodType<T>, body: Buffer): T | undefined {
  try {
    return schema.parse(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined;
  }
}

/** Text that is equal for equal settings, whatever the order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
