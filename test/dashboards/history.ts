import { settingsFrom } from '../../collector/src/config/index.ts';
import { applyConfig, decide, readHeads } from '../../collector/src/lake/lake.ts';
import type { Committer } from '../../collector/src/lake/committer.ts';
import { ingestReport } from '../../collector/src/ingest/ingest.ts';
import { bufferInput } from '../../collector/src/sources/input/index.ts';
import type { FrameJson } from '../../collector/src/warehouse/frames/frame.ts';
import { DEFAULTS, type Rule } from '../../dashboards/src/alerts/model.ts';
import { rulesOf } from '../../dashboards/src/alerts/rules.ts';
import { ruleFile } from '../../dashboards/src/alerts/provision.ts';
import { row } from '../faults/prowler-report.ts';
import { type Estate, openEstate } from './estate.ts';
import { evaluate } from './expression.ts';

/** Histories that rules are tried on: reports that come day by day, and what the rules make of them. */

export const DAY = 86_400_000;
export const START = Date.UTC(2026, 5, 1, 3);
export const PAYMENTS = '111122223333';
export const WEB = '444455556666';

const CHECKS = [
  ['s3_bucket_public_access', 'Critical'],
  ['s3_bucket_default_encryption', 'High'],
  ['s3_bucket_object_versioning', 'Medium'],
  ['ec2_instance_imdsv2_enabled', 'High'],
  ['ec2_instance_public_ip', 'Critical'],
  ['ec2_ebs_volume_encryption', 'Medium'],
] as const;
const RESOURCES = Array.from({ length: 12 }, (_, n) => `thing-${n}`);

/** `critical:3`: the critical check of S3 fails on the resource of that number. */
export type Flaw = `${'critical' | 'high' | 'medium'}:${number}`;
const CHECK_OF = { critical: CHECKS[0][0], high: CHECKS[1][0], medium: CHECKS[2][0] };

export interface Firing {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class History {
  readonly #estate: Estate & { refresh(): Promise<void> };
  readonly #committer: Committer;
  readonly #clock: { now: number };

  private constructor(
    estate: Estate & { refresh(): Promise<void> },
    committer: Committer,
    clock: { now: number },
  ) {
    this.#estate = estate;
    this.#committer = committer;
    this.#clock = clock;
  }

  static async begin(): Promise<History> {
    const clock = { now: START };
    const kept: Committer[] = [];
    const estate = await openEstate(
      () => clock.now,
      async (_, committer) => {
        kept.push(committer);
        const accounts = [
          {
            cloud: 'aws',
            account: PAYMENTS,
            name: 'prod-payments',
            team: 'payments',
            environment: 'production',
          },
          { cloud: 'aws', account: WEB, name: 'web', team: 'web', environment: 'staging' },
        ];
        await applyConfig(committer, settingsFrom({ accounts }), 'test', clock.now);
      },
    );
    const [committer] = kept;
    if (committer === undefined) throw new RangeError('no committer');
    return new History(estate, committer, clock);
  }

  /** A scan in the morning of a day; everything that is not a flaw passes. */
  async scan(
    day: number,
    account: string,
    flaws: readonly Flaw[],
    checks: number = CHECKS.length,
  ): Promise<void> {
    const at = START + day * DAY;
    const failing = new Set(
      flaws.map((flaw) => {
        const [severity, number] = flaw.split(':');
        return `${CHECK_OF[severity as keyof typeof CHECK_OF]} thing-${number ?? ''}`;
      }),
    );
    const rows = CHECKS.slice(0, checks).flatMap(([check, severity]) =>
      RESOURCES.map((resource) =>
        row(account, at, check, severity, 'eu-west-1', resource, failing.has(`${check} ${resource}`)),
      ),
    );
    await this.#bring(at, `prowler-output-${account}-${at}.ocsf.json`, JSON.stringify(rows));
  }

  async scanDaily(from: number, to: number, account: string, flaws: readonly Flaw[]): Promise<void> {
    for (let day = from; day <= to; day++) await this.scan(day, account, flaws);
  }

  /** What Nmap wrote of one host, of which only these ports of the first thousand answer. */
  async ports(day: number, ports: readonly number[]): Promise<void> {
    const at = START + day * DAY;
    const s = Math.floor(at / 1000);
    const open = ports.map(
      (port) =>
        `<port protocol="tcp" portid="${port}"><state state="open" reason="syn-ack"/><service name="${port === 22 ? 'ssh' : 'https'}"/></port>`,
    );
    await this.#bring(
      at,
      'perimeter.xml',
      `<?xml version="1.0"?><nmaprun scanner="nmap" args="nmap -sT -oX - shop.example" start="${s}" version="7.95">
        <scaninfo type="connect" protocol="tcp" numservices="1000" services="1-1000"/>
        <host starttime="${s}" endtime="${s}"><status state="up" reason="echo-reply"/>
        <address addr="198.51.100.7" addrtype="ipv4"/><hostnames><hostname name="shop.example" type="user"/></hostnames>
        <ports>${open.join('')}</ports></host>
        <runstats><finished time="${s}" exit="success"/></runstats></nmaprun>`,
    );
  }

  /** What perimeter discovery wrote of an account whose load balancer is scanned or not; null: it is gone. */
  async exposed(day: number, account: string, scanned: boolean | null): Promise<void> {
    const at = START + day * DAY;
    const asset = {
      ...{ service: 'elb', region: 'eu-west-1', type: 'load balancer', id: 'lb-1', name: 'shop' },
      endpoint: 'https://shop.example',
      scan: { jobs: [], at: null, missing: scanned === false },
    };
    const head = { perimeter: 1, cloud: 'aws', account, observedAt: at, scans: true };
    const report = { ...head, covered: ['elb@eu-west-1'], assets: scanned === null ? [] : [asset] };
    await this.#bring(at, 'perimeter.json', JSON.stringify(report));
  }

  async #bring(at: number, name: string, text: string): Promise<void> {
    this.#clock.now = Math.max(this.#clock.now, at + 60_000);
    await ingestReport(this.#committer, { name, input: bufferInput(name, Buffer.from(text)) });
  }

  /** Accepts all critical findings of an account until a day; null takes it back. */
  async accept(day: number, account: string, until: number | null): Promise<void> {
    const at = START + day * DAY + 3_600_000;
    this.#clock.now = Math.max(this.#clock.now, at);
    for (const head of await readHeads(this.#committer)) {
      if (head.scope.split('/')[2] !== account) continue;
      const { findings } = await this.#committer.stateFor(head);
      const critical = [...findings.values()].filter(({ severity }) => severity === 'CRITICAL');
      await decide(
        this.#committer,
        head,
        critical.map(({ fingerprint }) => fingerprint),
        {
          verdict: until === null ? null : 'accepted',
          until: until === null ? null : START + until * DAY,
          by: 'test',
          reason: 'test',
          at,
        },
      );
    }
  }

  /** What fires some hours after the scans of a day. @returns empty where nothing does */
  async firing(uid: string, day: number): Promise<Firing[]> {
    const { condition, results } = await this.evaluate(uid, day);
    return results
      .filter(({ values }) => (evaluate(condition, values) ?? 0) !== 0)
      .map(({ labels, values }) => ({ labels, value: values.get('A') ?? 0 }));
  }

  /** The queries of a rule, as Grafana sends them, by the labels of the first. */
  async evaluate(uid: string, day: number): Promise<Evaluation> {
    this.#clock.now = Math.max(this.#clock.now, START + day * DAY + 4 * 3_600_000);
    await this.#estate.refresh();
    const rule = ruleOf(uid);
    const to = START + day * DAY + 4 * 3_600_000;
    const byRef = new Map<string, Map<string, number | null>>();
    const labels = new Map<string, Record<string, string>>();
    const names = new Map<string, Record<string, string>[]>();
    for (const { refId, relativeTimeRange, model } of dataOf(rule)) {
      const frame = await this.#estate.ask(
        askedOf(model),
        { from: to - relativeTimeRange.from * 1000, to },
        true,
      );
      const numbers = numbersOf(frame);
      byRef.set(refId, new Map(numbers.map((one) => [JSON.stringify(one.labels), one.value])));
      names.set(
        refId,
        numbers.map((one) => one.labels),
      );
      if (refId === 'A') for (const one of numbers) labels.set(JSON.stringify(one.labels), one.labels);
    }
    const same = rule.queries.filter(
      ({ worst, groupBy }) => worst !== true && groupBy.length === rule.queries[0]?.groupBy.length,
    );
    const results = [...labels].map(([key, of]) => ({
      labels: of,
      values: new Map(same.map(({ refId }) => [refId, byRef.get(refId)?.get(key) ?? null])),
    }));
    return { condition: rule.condition, results, names };
  }

  close(): Promise<void> {
    return this.#estate.close();
  }
}

export interface Evaluation {
  readonly condition: string;
  readonly results: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly values: ReadonlyMap<string, number | null>;
  }[];
  /** Labels of every query's answer. */
  readonly names: ReadonlyMap<string, readonly Readonly<Record<string, string>>[]>;
}

export const RULES = rulesOf(DEFAULTS);

export function ruleOf(uid: string): Rule {
  const rule = RULES.find((one) => one.uid === uid);
  if (rule === undefined) throw new RangeError(`there is no rule ${uid}`);
  return rule;
}

interface Provisioned {
  readonly groups: readonly {
    readonly rules: readonly { readonly uid: string; readonly data: readonly Data[] }[];
  }[];
}
interface Data {
  readonly refId: string;
  readonly datasourceUid: string;
  readonly relativeTimeRange: { readonly from: number };
  readonly model: Readonly<Record<string, unknown>>;
}

/** What is provisioned is what is tried. */
function dataOf(rule: Rule): readonly Data[] {
  const file = ruleFile([rule], { datasourceUid: 'sightline', told: true }) as Provisioned;
  const [written] = file.groups[0]?.rules ?? [];
  return (written?.data ?? []).filter(({ datasourceUid }) => datasourceUid === 'sightline');
}

/** As the plugin's backend sends it. */
function askedOf({
  refId: _refId,
  version: _version,
  queryType,
  intervalMs: _ms,
  maxDataPoints: _max,
  ...rest
}: Data['model']): object {
  return { type: queryType, ...rest };
}

function numbersOf({ schema, data }: FrameJson): { labels: Record<string, string>; value: number | null }[] {
  const number = schema.fields.findIndex(({ type }) => type === 'number');
  if (number === -1) return [];
  const rows = data.values[number] ?? [];
  return rows.map((value, place) => ({
    labels: Object.fromEntries(
      schema.fields.flatMap(({ name, type }, index) =>
        type === 'string' ? [[name, String(data.values[index]?.[place])]] : [],
      ),
    ),
    value: typeof value === 'number' ? value : null,
  }));
}
