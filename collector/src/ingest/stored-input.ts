import type { Readable } from 'node:stream';
import { z } from 'zod';
import { SightlineError } from '../errors.ts';
import type { Change } from '../lake/advance.ts';
import type { CommitInput } from '../lake/commit-file.ts';
import { scopeOf } from '../lake/keys.ts';
import type { ReadInput } from '../lake/rebuild.ts';
import { decodeVerdict } from '../lake/verdict-file.ts';
import type { Reading, ReportInput } from '../sources/adapter.ts';
import { mappedAdapter } from '../sources/generic/index.ts';
import { withHosts } from './known-hosts.ts';
import { mappingSchema } from '../sources/generic/mapping.ts';
import { openStream } from '../sources/input/index.ts';
import { adapters } from '../sources/registry.ts';
import type { ObjectStore } from '../store/object-store.ts';

/** Reads the inputs of commits back from the bucket, for `rebuild` and for checking what is there. */
export function inputReader(store: ObjectStore): ReadInput {
  return async (input, head) => {
    switch (input.kind) {
      case 'run':
        return runChange(store, input, head.scope);
      case 'verdict': {
        const stored = await store.get(input.key);
        if (stored === undefined) throw missing(input.key);
        return { input, verdict: decodeVerdict(stored.body, input.key) };
      }
      case 'config':
        return { input };
      case 'retire':
        return { input };
    }
  };
}

async function runChange(
  store: ObjectStore,
  input: Extract<CommitInput, { kind: 'run' }>,
  scope: string,
): Promise<Change> {
  const reading = storedReading(input.reading);
  const adapter =
    adapters.find((candidate) => candidate.id === input.source) ??
    (reading.mapping === undefined ? undefined : mappedAdapter(reading.mapping));
  if (adapter === undefined) {
    throw new SightlineError(
      'unsupported',
      `this collector has no adapter for ${input.source}`,
      'Rebuild with the collector that ingested it, or a newer one.',
    );
  }
  const opened: ReportInput[] = [];
  try {
    const report = await openStored(store, input.raw.key, opened);
    const companion = input.companion === null ? null : await openStored(store, input.companion.key, opened);
    const reports = await adapter.read(report, {
      ...(companion === null ? {} : { companion }),
      ...(input.place === undefined ? {} : { place: input.place }),
      ...(input.declaredComplete ? { complete: true } : {}),
      at: input.observedAt,
      reading,
    });
    const own = reports.find(({ source, cloud, account }) => scopeOf(source, cloud, account) === scope);
    if (own === undefined) {
      throw new SightlineError(
        'corrupt',
        `${input.raw.key} does not report on ${scope}, although a commit says so`,
        'The adapter reads it otherwise than before. Please report this as a defect.',
      );
    }
    return { input, report: withHosts(own, adapter, reading) };
  } finally {
    for (const report of opened) report.close();
  }
}

const readingSchema = z.object({
  identity: z
    .object({ allowedDomains: z.array(z.string()), inactiveDays: z.number(), keyDays: z.number() })
    .optional(),
  mapping: mappingSchema.optional(),
  hosts: z
    .record(z.string(), z.object({ name: z.string(), tags: z.record(z.string(), z.string()) }))
    .optional(),
  gone: z.array(z.string()).optional(),
});

function storedReading(stored: unknown): Reading {
  return stored === undefined ? {} : readingSchema.parse(stored);
}

async function openStored(store: ObjectStore, key: string, opened: ReportInput[]): Promise<ReportInput> {
  const stream: Readable | undefined = await store.read(key);
  if (stream === undefined) throw missing(key);
  // It was let in once: what is in the bucket is never too large or too well compressed to be read again.
  const input = await openStream(stream, key, { limits: { maxBytes: Infinity, maxRatio: Infinity } });
  opened.push(input);
  return input;
}

function missing(key: string): SightlineError {
  return new SightlineError(
    'corrupt',
    `the input ${key} is missing from the bucket`,
    'Inputs are never deleted by Sightline. Restore it from a version or backup of the bucket.',
  );
}
