import { describe, expect, it } from 'vitest';
import { hostOf } from '../../sources/common/web.ts';
import type { Job } from '../job.ts';
import { TaskList } from '../tasks.ts';
import { type Asset, isChosen } from './asset.ts';
import { covers, looksOutside, scanOf } from './scans.ts';

const DAY = 86_400_000;

const asset = (endpoint: string, more: Partial<Asset> = {}): Asset => ({
  ...{ cloud: 'aws', account: '1', accountName: 'shop', region: 'eu-west-1', service: 'ec2', id: endpoint },
  ...{ name: 'shop-prod-web', endpoint, team: 'core', environment: 'prod', labels: { tier: '1' }, since: 0 },
  ...more,
});

const job = (more: Partial<Job>): Job => ({
  ...{ name: 'ports', scanner: 'nmap', enabled: true, timezone: 'UTC', jitterMs: 0, catchUp: true },
  ...{ targets: [], regions: [], args: [], reports: [], complete: false, env: {}, timeoutMs: 1 },
  ...{ attempts: 1, backoffMs: 1, nice: 0, concurrency: 1, schedule: '0 3 * * *' },
  ...more,
});

describe('assets', () => {
  it('are chosen by what they are and whose', () => {
    const one = asset('198.51.100.7');
    expect(isChosen(one, {})).toBe(true);
    expect(isChosen(one, { service: ['ec2', 'elb'], account: ['sho*'], name: ['*-web'] })).toBe(true);
    expect(isChosen(one, { team: ['core'], environment: ['prod*'], label: { tier: ['1'] } })).toBe(true);
    expect(isChosen(one, { environment: ['test'] })).toBe(false);
    expect(isChosen({ ...one, team: null }, { team: ['*'] })).toBe(false);
  });

  it('have a host, whichever way they are reached', () => {
    expect(hostOf('https://WWW.example.org:8443/live')).toBe('www.example.org');
    expect(hostOf('https://[2001:db8::7]/')).toBe('2001:db8::7');
    expect(hostOf('198.51.100.7')).toBe('198.51.100.7');
  });

  it('become targets: hosts for Nmap together, sites for scanners of sites each by itself', () => {
    const perimeter = {
      assets: [
        asset('198.51.100.7'),
        asset('https://www.example.org'),
        asset('https://www.example.org', { id: 'b' }),
      ],
      gone: [{ host: '198.51.100.9', at: 0 }],
    };
    const tasks = (more: Partial<Job>) =>
      new TaskList([job(more)], { scanners: {} })
        .scheduled([], perimeter)
        .map(({ target, on }) => [target, on]);
    expect(tasks({ perimeter: {}, targets: ['vpn.example.org'] })).toMatchObject([
      ['-', { values: ['vpn.example.org', '198.51.100.7', 'www.example.org'], gone: ['198.51.100.9'] }],
    ]);
    expect(tasks({ scanner: 'zap', perimeter: {} })).toMatchObject([
      ['https://www.example.org', { assets: [{ id: 'https://www.example.org' }, { id: 'b' }] }],
    ]);
    expect(tasks({ scanner: 'command', perimeter: {} }).map(([target]) => target)).toEqual([
      '198.51.100.7',
      'https://www.example.org',
    ]);
    expect(tasks({ perimeter: { team: ['nobody'] } })).toEqual([]);
    expect(tasks({ targets: ['vpn.example.org'] })).toMatchObject([['-', { values: ['vpn.example.org'] }]]);
  });
});

describe('what is no single host', () => {
  const ODD = ['-oN.example.org', '10.0.0.0/8', '10.0.0.1-254', '10.0.0.*', 'a b.example.org', 'a,b', 'a\nb'];
  ODD.push('0/25.2.example.org', 'https://-x.example.org y', 'https://[::1', '\\100.example.org', '');

  it('is given to no scanner, and keeps no other asset from being scanned', () => {
    const assets = [...ODD, '198.51.100.7', 'https://_x.example.org:8443/live'].map((one) => asset(one));
    const targets = (scanner: Job['scanner']) =>
      new TaskList([job({ scanner, perimeter: {} })], { scanners: {} })
        .scheduled([], { assets, gone: [] })
        .map(({ on }) => on);
    expect(targets('nmap')).toMatchObject([{ values: ['198.51.100.7', '_x.example.org'] }]);
    expect(targets('nikto')).toMatchObject([{ value: 'https://_x.example.org:8443/live' }]);
    expect(targets('command')).toHaveLength(2);
  });

  it('is in no scan, which is told', () => {
    const jobs = [{ job: job({ perimeter: {} }), lastComplete: () => DAY }];
    for (const one of ODD) expect(scanOf(asset(one), 0, jobs, DAY, DAY), one).toMatchObject({ jobs: [] });
  });
});

describe('a scan of an asset', () => {
  const of = (one: Asset, last: number | null, now: number, more: Partial<Job> = { perimeter: {} }) =>
    scanOf(one, one.since, [{ job: job(more), lastComplete: () => last }], now, 7 * DAY);

  it('is missing where no job is to do it', () => {
    expect(scanOf(asset('198.51.100.7'), 0, [], DAY, 7 * DAY)).toEqual({ jobs: [], at: null, missing: true });
    expect(of(asset('198.51.100.7'), DAY, DAY, { perimeter: { team: ['x'] } }).missing).toBe(true);
    // It has no web address.
    expect(of(asset('198.51.100.7'), DAY, DAY, { scanner: 'zap', perimeter: {} }).jobs).toEqual([]);
    // A command is given addresses, too.
    expect(of(asset('198.51.100.7'), DAY, DAY, { scanner: 'command', perimeter: {} }).jobs).toEqual([
      'ports',
    ]);
  });

  it('is missing when it was too long ago; an asset that is new has as long', () => {
    const old = asset('198.51.100.7');
    expect(of(old, 10 * DAY, 12 * DAY)).toEqual({ jobs: ['ports'], at: 10 * DAY, missing: false });
    expect(of(old, 10 * DAY, 18 * DAY).missing).toBe(true);
    const fresh = asset('198.51.100.7', { since: 11 * DAY });
    expect(of(fresh, 10 * DAY, 12 * DAY)).toEqual({ jobs: ['ports'], at: null, missing: false });
    expect(of(fresh, 10 * DAY, 19 * DAY).missing).toBe(true);
  });

  it('may be by what a person wrote: a host, a site, a network', () => {
    expect(covers('198.51.100.0/24', '198.51.100.7')).toBe(true);
    expect(covers('198.51.101.0/24', '198.51.100.7')).toBe(false);
    expect(covers('2001:db8::/32', 'https://[2001:db8::7]')).toBe(true);
    expect(covers('198.51.100.0/99', '198.51.100.7')).toBe(false);
    expect(covers('https://www.example.org/', 'www.example.org')).toBe(true);
    expect(covers('www.example.org', 'https://www.example.org:8443/live')).toBe(true);
    expect(of(asset('198.51.100.7'), null, DAY, { targets: ['198.51.100.0/28'] })).toEqual({
      jobs: ['ports'],
      at: null,
      missing: false,
    });
  });

  it('is one of jobs that are on, have a schedule and look from outside', () => {
    expect(looksOutside(job({}))).toBe(true);
    expect(looksOutside(job({ enabled: false }))).toBe(false);
    expect(looksOutside(job({ schedule: undefined }))).toBe(false);
    expect(looksOutside(job({ scanner: 'trivy' }))).toBe(false);
  });
});
