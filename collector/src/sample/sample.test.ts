import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  SAMPLE_ACCOUNTS,
  SAMPLE_END,
  SAMPLE_PINS,
  SAMPLE_STORY,
  sampleReports,
  truncatedReport,
} from './index.ts';
import { estateOf, flawsOf } from './estate.ts';
import { KINDS } from './kinds.ts';
import type { SampleReport } from './model.ts';

const scoutSchema = z.object({
  account_id: z.string(),
  last_run: z.object({
    time: z.string(),
    summary: z.record(z.string(), z.object({ checked_items: z.number(), flagged_items: z.number() })),
  }),
  services: z.record(
    z.string(),
    z
      .object({
        findings: z.record(
          z.string(),
          z.object({
            items: z.array(z.string()).optional(),
            checked_items: z.number(),
            flagged_items: z.number(),
          }),
        ),
      })
      .nullable(),
  ),
});
const rowSchema = z.object({
  metadata: z.object({ event_code: z.string(), product: z.object({ version: z.string() }) }),
  severity: z.string(),
  status: z.string(),
  status_code: z.string(),
  time_dt: z.string(),
  finding_info: z.object({ uid: z.string() }),
  resources: z.array(z.object({ uid: z.string(), name: z.string() })).length(1),
});

const text = (report: SampleReport): string => Buffer.from(report.content()).toString('utf8');
const json = (source: string): unknown => JSON.parse(source);
const scoutJson = (report: SampleReport): unknown => json(text(report).replace('scoutsuite_results =\n', ''));
const scout = (report: SampleReport) => scoutSchema.parse(scoutJson(report));
const ocsf = (report: SampleReport) => z.array(rowSchema).parse(json(text(report)));

const reports = sampleReports({ end: SAMPLE_END });
const idOf = (name: string): string => SAMPLE_ACCOUNTS.find((account) => account.name === name)?.id ?? name;

function find(account: string, source: string, week: number): SampleReport {
  const found = reports.find(
    (report) =>
      report.account === idOf(account) &&
      report.source === source &&
      report.week === week &&
      !report.path.includes('errors'),
  );
  if (found === undefined) throw new Error(`no ${source} report of ${account} in week ${week}`);
  return found;
}

function failing(account: string, week: number): Set<string> {
  const rows = ocsf(find(account, 'prowler', week)).filter(
    ({ status_code, status }) => status_code === 'FAIL' && status === 'New',
  );
  return new Set(rows.map(({ finding_info }) => finding_info.uid));
}

const rulesOf = (report: SampleReport): Set<string> =>
  new Set(ocsf(report).map(({ metadata }) => metadata.event_code));

describe('the files', () => {
  it('are the same bytes for the same seed and others for another', () => {
    const digest = (seed: number): string => {
      const hash = createHash('sha256');
      for (const report of sampleReports({ end: SAMPLE_END, seed, weeks: 1 })) hash.update(report.content());
      return hash.digest('hex');
    };
    expect(digest(1)).toBe(digest(1));
    expect(digest(1)).not.toBe(digest(2));
  });

  it('come in order of time, under different paths, the last shortly before the end', () => {
    const times = reports.map(({ observedAt }) => observedAt);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(reports.map(({ path }) => path)).size).toBe(reports.length);
    const last = times.at(-1) ?? 0;
    expect(SAMPLE_END - last).toBeGreaterThan(0);
    expect(SAMPLE_END - last).toBeLessThan(6 * 3_600_000);
  });

  it('lie in folders named by ISO week', () => {
    const paths = sampleReports({ end: Date.UTC(2026, 0, 1, 12), weeks: 1 }).map(({ path }) => path);
    expect(paths.find((path) => path.includes('aws-prod-payments'))).toMatch(/^2026-W01\//);
    // Events come day by day; the first of these days was in the year before.
    expect(paths[0]).toBe('2025-W52/kubernetes-prod-eu/falco-2025-12-26.ndjson');
  });

  it('refuses a number of weeks that the story does not have', () => {
    expect(() => sampleReports({ end: SAMPLE_END, weeks: 13 })).toThrow(/no 13 weeks/);
    expect(new Set(sampleReports({ end: SAMPLE_END, weeks: 3 }).map(({ week }) => week))).toEqual(
      new Set([1, 2, 3]),
    );
  });
});

describe('ScoutSuite reports', () => {
  const results = reports.filter(({ source, path }) => source === 'scoutsuite' && !path.includes('errors'));

  it('say in their summary what their items add up to, and when they looked', () => {
    for (const report of results) {
      const { services, last_run } = scout(report);
      expect(Date.parse(last_run.time.replace(' ', 'T').replace('+0000', 'Z'))).toBe(report.observedAt);
      for (const [name, service] of Object.entries(services)) {
        const rules = Object.values(service?.findings ?? {});
        const items = rules.reduce((sum, rule) => sum + (rule.items?.length ?? 0), 0);
        const checked = rules.reduce((sum, rule) => sum + rule.checked_items, 0);
        expect(last_run.summary[name]).toMatchObject({ flagged_items: items, checked_items: checked });
      }
    }
  });

  it('hold every flagged resource in their tree', () => {
    for (const name of ['prod-storefront', 'corp-prod', 'analytics']) {
      const report = find(name, 'scoutsuite', 5);
      const { services } = scout(report);
      const tree = z.object({ services: z.unknown() }).parse(scoutJson(report)).services;
      const items = Object.values(services).flatMap((service) =>
        Object.values(service?.findings ?? {}).flatMap((rule) => rule.items ?? []),
      );
      expect(items.length).toBeGreaterThan(20);
      for (const item of items) expect(namedOnPath(tree, item), item).toBe(true);
    }
  });

  it('lack services and items in the failed scan, with the errors beside it', () => {
    const { account, week, gone, unevaluated } = SAMPLE_STORY.failedScan;
    const report = find(account, 'scoutsuite', week);
    const { services } = scout(report);
    for (const service of gone) expect(services[service]).toBeNull();
    for (const service of unevaluated) {
      const rules = Object.values(services[service]?.findings ?? {});
      expect(rules.length).toBeGreaterThan(0);
      expect(rules.every(({ items }) => items === undefined)).toBe(true);
    }
    const next = reports[reports.indexOf(report) + 1];
    expect(next?.path).toBe(report.path.replace('results', 'errors').replace(/js$/, 'json'));
    expect(
      z.array(z.object({ file: z.string(), exception: z.string() })).parse(json(next ? text(next) : '')),
    ).toHaveLength(5);
  });

  it('stop for the project that falls silent', () => {
    const { account, last } = SAMPLE_STORY.silence;
    const weeks = results.filter((report) => report.account === idOf(account)).map(({ week }) => week);
    expect(Math.max(...weeks)).toBe(last);
  });
});

/** Whether the path leads to an object that has a name, or to the account-wide settings of a region. */
function namedOnPath(tree: unknown, item: string): boolean {
  let at = tree;
  for (const key of item.split('.')) {
    if (typeof at !== 'object' || at === null) return false;
    const next: unknown = Object.entries(at).find(([name]) => name === key)?.[1];
    if (next === undefined) return 'id' in at && ('name' in at || 'ebs_encryption_default' in at);
    if (
      typeof next === 'object' &&
      next !== null &&
      'id' in next &&
      'name' in next &&
      !('region' in next && next.region === next.id)
    ) {
      if (!('cidr_block' in next)) return true;
    }
    at = next;
  }
  return item.startsWith('iam.password_policy');
}

describe('the story', () => {
  it('finds every pinned resource in the estate, with the flaw in its weeks whatever the seed', () => {
    for (const seed of [1, 2]) {
      const estate = estateOf(seed);
      for (const pin of SAMPLE_PINS) {
        const account = SAMPLE_ACCOUNTS.find(({ name }) => name === pin.account);
        const kind = KINDS.find(({ id }) => id === pin.kind);
        const flaw = kind && flawsOf(kind).find(({ id }) => id === pin.flaw);
        if (account === undefined || kind === undefined || flaw === undefined) throw new Error(pin.why);
        for (let week = 1; week <= 12; week++) {
          const resource = estate.resources(account, kind, week).find(({ name }) => name === pin.resource);
          if (resource === undefined) throw new Error(`${pin.resource} does not exist in week ${week}`);
          const wanted = pin.open.some(([from, to]) => from <= week && week <= to);
          expect(estate.isOpen(resource, flaw, week), `${pin.resource} in week ${week}`).toBe(wanted);
        }
      }
    }
  });

  it('keeps its pinned findings open in exactly their weeks', () => {
    const pin = SAMPLE_PINS.find(
      ({ account, resource }) => account === 'analytics' && resource.endsWith('ml-exports'),
    );
    const open = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].filter((week) =>
      failing('analytics', week).has(
        `prowler-gcp-cloudstorage_bucket_public_access-fernhollow-analytics-europe-west1-${pin?.resource ?? ''}`,
      ),
    );
    expect(open).toEqual([3, 4, 5, 8, 9, 10, 11, 12]);
  });

  it('has a bad week, after which the account recovers', () => {
    const { account, week, over } = SAMPLE_STORY.incident;
    const counts = [week - 1, week, over].map((at) => failing(account, at).size);
    expect(counts[1]).toBeGreaterThan((counts[0] ?? 0) * 1.2);
    expect(counts[2]).toBeLessThan((counts[1] ?? 0) * 0.9);
  });

  it('lets one team improve a lot and another neglect', () => {
    expect(failing(SAMPLE_STORY.improving, 12).size).toBeLessThan(
      failing(SAMPLE_STORY.improving, 1).size / 2,
    );
    expect(failing(SAMPLE_STORY.neglecting, 12).size).toBeGreaterThan(
      failing(SAMPLE_STORY.neglecting, 1).size * 1.15,
    );
  });

  it('brings new checks with an update, and only those', () => {
    const { week, before, after } = SAMPLE_STORY.ruleset;
    const old = find('prod-payments', 'prowler', week - 1);
    const now = find('prod-payments', 'prowler', week);
    expect(ocsf(old)[0]?.metadata.product.version).toBe(before);
    expect(ocsf(now)[0]?.metadata.product.version).toBe(after);
    expect([...rulesOf(now)].filter((rule) => !rulesOf(old).has(rule)).sort()).toEqual([
      'awslambda_function_no_dead_letter_queue',
      'ec2_securitygroup_allow_ingress_from_internet_to_high_risk_tcp_ports',
      'ecr_repositories_tag_immutability',
      's3_bucket_cross_account_access',
    ]);
  });

  it('onboards one project late', () => {
    const { account, week } = SAMPLE_STORY.onboarding;
    expect(
      Math.min(...reports.filter((report) => report.account === idOf(account)).map((report) => report.week)),
    ).toBe(week);
  });

  it('has one filtered run with less than four fifths of the rules', () => {
    const { account, week } = SAMPLE_STORY.filtered;
    const share =
      rulesOf(find(account, 'prowler', week)).size / rulesOf(find(account, 'prowler', week - 1)).size;
    expect(share).toBeLessThan(0.8);
    expect(share).toBeGreaterThan(0.3);
  });

  it('shows passes, manual checks and muted rows', () => {
    const rows = ocsf(find('prod-storefront', 'prowler', 3));
    expect(new Set(rows.map(({ status_code }) => status_code))).toEqual(new Set(['FAIL', 'PASS', 'MANUAL']));
    expect(
      rows.filter(({ status }) => status === 'Suppressed').map(({ resources }) => resources[0]?.name),
    ).toEqual(['fernhollow-storefront-static-assets']);
  });

  it('writes one account as CSV with the columns of the real tool', () => {
    const lines = text(find('staging', 'prowler', 1)).split('\r\n');
    expect(lines[0]?.split(';')).toHaveLength(44);
    expect(lines.at(-1)).toBe('');
    expect(lines.filter((line) => line.includes(';FAIL;')).length).toBeGreaterThan(60);
  });

  it('offers a report that breaks off, apart from the others', () => {
    const broken = truncatedReport({ end: SAMPLE_END });
    expect(() => json(text(broken))).toThrow(SyntaxError);
    expect(reports.map(({ path }) => path)).not.toContain(broken.path);
  });
});
