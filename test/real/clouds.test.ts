import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNTS, type AccountId } from './aws.ts';
import type { AwsCall, Verdict } from './aws-proxy.ts';
import { childrenOf, ended, type Estate, type Found, type RunDocument, startEstate } from './estate.ts';
import { findScanner } from './programs.ts';

const MINUTES = 60_000;
const SHOP = '111111111111';

interface Scanner {
  readonly name: string;
  readonly program: string;
  readonly install: string;
  /** What says that a bucket keeps no versions, and that a group is open. */
  readonly versioning: RegExp;
  readonly openGroup: RegExp;
}

const SCANNERS: readonly Scanner[] = [
  {
    name: 'scoutsuite',
    program: 'scout',
    install: 'python3 -m venv FOLDER && FOLDER/bin/pip install scoutsuite==5.14.0 (1.6 GB)',
    versioning: /^s3-bucket-no-versioning$/,
    openGroup: /^ec2-security-group-opens-/,
  },
  {
    name: 'prowler',
    program: 'prowler',
    install: 'python3 -m venv FOLDER && FOLDER/bin/pip install prowler==5.46.0 (2.3 GB)',
    versioning: /^s3_bucket_object_versioning$/,
    openGroup: /^ec2_securitygroup_allow_ingress_from_internet_to_/,
  },
];

describe.each(SCANNERS)('$name, the real one, over three accounts', (scanner) => {
  const { name, program, install } = scanner;
  const found = findScanner(program, install);
  let estate: Estate;
  /** What was open after the first run. */
  let first: readonly Found[];

  describe.skipIf(found === null)('of a simulated AWS', { timeout: 20 * MINUTES }, () => {
    beforeAll(async () => {
      const started = await startEstate({ [name]: found ?? '' });
      if (typeof started === 'string') throw new Error(started);
      estate = started;
    }, 2 * MINUTES);
    afterAll(async () => {
      await estate.stop();
    });

    const pass = (): Verdict => 'pass';
    const open = (): Promise<Found[]> => estate.open(name);
    const only = async (): Promise<RunDocument> => {
      const [run, ...more] = await estate.run(name, SHOP);
      if (run === undefined || more.length > 0) throw new Error('not one run');
      return run;
    };
    /** Runs the shop's scan while the proxy does something; gives the run, and which findings closed and opened in it. */
    async function scanned(decide: (call: AwsCall) => Verdict = pass) {
      const before = await open();
      const usual = estate.proxy.decide;
      estate.proxy.decide = async (call) => {
        const verdict = decide(call);
        return verdict === 'pass' ? usual(call) : verdict;
      };
      const run = await only().finally(() => (estate.proxy.decide = usual));
      const after = await open();
      return { run, closed: less(before, after), opened: less(after, before) };
    }

    it('scans each through a role of its own, and each finding carries its account', async () => {
      const runs = await estate.run(name);
      expect(runs.map(({ target }) => target).sort()).toEqual(Object.keys(ACCOUNTS).map((id) => `aws/${id}`));
      for (const run of runs) {
        expect(run).toMatchObject({ outcome: 'complete', scopes: [`${name}/${run.target}`], fixed: none() });
        expect(run.onboarded).toBeGreaterThan(5);
      }
      first = await open();
      for (const [id, accountName] of Object.entries(ACCOUNTS)) {
        const own = first.filter(({ account }) => account === id);
        expect(own.every((finding) => finding.accountName === accountName)).toBe(true);
        const { publicBucket, openGroup } = estate.owners[id as AccountId];
        expect(own.some((finding) => isOf(finding, publicBucket))).toBe(true);
        expect(
          own.some((finding) => isOf(finding, openGroup) && scanner.openGroup.test(finding.ruleId)),
        ).toBe(true);
        // Nothing of another account's: a bucket's name tells whose it is.
        for (const other of Object.values(ACCOUNTS).filter((one) => one !== accountName)) {
          expect(own.filter((finding) => isOf(finding, `acme-${other}-`))).toEqual([]);
        }
      }
    });

    it('opens and closes nothing in a second run', async () => {
      for (const run of await estate.run(name)) {
        expect(run).toMatchObject({ outcome: 'complete', fresh: none(), fixed: none(), onboarded: 0 });
      }
      expect(prints(await open())).toEqual(prints(first));
    });

    it('closes what was mended, and nothing else', async () => {
      const { plainBucket } = estate.owners[SHOP];
      await estate.owners[SHOP].keepVersions(plainBucket);
      const { run, closed, opened } = await scanned();
      expect(run).toMatchObject({ outcome: 'complete', fresh: none(), onboarded: 0 });
      expect(closed.map(({ ruleId, resourceName, account }) => ({ ruleId, resourceName, account }))).toEqual([
        {
          ruleId: expect.stringMatching(scanner.versioning) as string,
          resourceName: plainBucket,
          account: SHOP,
        },
      ]);
      expect(opened).toEqual([]);
    });

    it('killed half-way is a failed run that closes nothing', async () => {
      const before = await open();
      const usual = estate.proxy.decide;
      const reached = new Promise<void>((resolve) => {
        estate.proxy.decide = (call) => {
          // By then it has read some services; the call is not answered until it is dead.
          if (call.service !== 's3' || call.path.startsWith('/v20180820/')) return usual(call);
          resolve();
          return new Promise<Verdict>((go) => setTimeout(() => go('reset'), 5_000));
        };
      });
      const child = estate.begin(name, SHOP);
      await reached;
      const [scan, ...others] = childrenOf(child.pid ?? 0);
      expect(others).toEqual([]);
      process.kill(scan ?? 0, 'SIGKILL');
      expect(await ended(child)).toBe(1);
      estate.proxy.decide = usual;
      expect(prints(await open())).toEqual(prints(before));
      const status = await estate.sightline('status', '--json');
      expect(JSON.stringify(status.documents[0])).toContain('it was killed by SIGKILL');
    });

    const mended = { bucket: false, group: false };
    it.each<{ what: string; service: string; decide: (call: AwsCall) => Verdict }>([
      { what: 'is refused one call (403)', service: 's3', decide: versionsOf(403) },
      { what: 'is throttled (429)', service: 's3', decide: versionsOf(429) },
      { what: 'meets errors of the service (500)', service: 's3', decide: all('s3', 500) },
      { what: 'loses its connections', service: 'ec2', decide: groups('reset') },
      { what: 'may not list what there is', service: 'ec2', decide: groups(403) },
    ])('that $what closes nothing of $service, though it was mended', async ({ service, decide }) => {
      const shop = estate.owners[SHOP];
      if (service === 's3' && !mended.bucket) await shop.keepVersions(shop.publicBucket);
      if (service === 'ec2' && !mended.group) await shop.closeGroup();
      mended.bucket ||= service === 's3';
      mended.group ||= service === 'ec2';
      const { run, closed } = await scanned(decide);
      expect(closed.filter((finding) => finding.service === service)).toEqual([]);
      expect(run.reason).toContain(`service ${service} is not covered`);
    });

    it('closes all of it once it can look again', async () => {
      const { publicBucket, openGroup } = estate.owners[SHOP];
      const { run, closed, opened } = await scanned();
      expect(run.outcome).toBe('complete');
      expect(opened).toEqual([]);
      // Prowler takes a bucket that it can't ask about for one that somebody else has: those findings come and go with the fault.
      const known = new Set(prints(first));
      for (const finding of closed.filter(({ fingerprint }) => known.has(fingerprint))) {
        const bucket = scanner.versioning.test(finding.ruleId) && isOf(finding, publicBucket);
        expect(bucket || isOf(finding, openGroup), JSON.stringify(finding)).toBe(true);
      }
      expect(closed.some(({ ruleId }) => scanner.versioning.test(ruleId))).toBe(true);
      expect(closed.some(({ ruleId }) => scanner.openGroup.test(ruleId))).toBe(true);
    });
  });
});

function none(): Record<string, number> {
  return { CRITICAL: 0, HIGH: 0, MEDIUM: 0, LOW: 0, INFORMATIONAL: 0 };
}

function prints(findings: readonly Found[]): string[] {
  return findings.map(({ fingerprint }) => fingerprint).sort();
}

function less(from: readonly Found[], without: readonly Found[]): Found[] {
  const gone = new Set(prints(without));
  return from.filter(({ fingerprint }) => !gone.has(fingerprint));
}

function isOf({ resourceId, resourceName }: Found, thing: string): boolean {
  return resourceId.includes(thing) || resourceName?.includes(thing) === true;
}

function all(service: string, fault: Verdict) {
  return (call: AwsCall): Verdict => (call.service === service ? fault : 'pass');
}

function versionsOf(fault: Verdict) {
  return ({ service, path }: AwsCall): Verdict =>
    service === 's3' && /[?&]versioning(=|&|$)/.test(path) ? fault : 'pass';
}

function groups(fault: Verdict) {
  return ({ action }: AwsCall): Verdict => (action === 'DescribeSecurityGroups' ? fault : 'pass');
}
