import { expect, it } from 'vitest';
import { only, readFixture, readText } from '../testing/reports.ts';
import { perimeter } from './index.ts';

it('makes a finding of every asset, and one more of those that no scan looks at', async () => {
  const report = only(await readFixture(perimeter, 'account.json'));
  expect(report).toMatchObject({
    cloud: 'aws',
    account: '111122223333',
    accountName: 'fernhollow-shop',
    mode: 'snapshot',
    outcome: 'complete',
  });
  expect([...report.coverage.keys()]).toEqual(['ec2@eu-west-1', 'elb@eu-west-1', 'cloudfront@global']);
  expect(
    report.observations.map(({ ruleId, severity, resourceName, locator }) => [
      ruleId,
      severity,
      resourceName,
      locator,
    ]),
  ).toEqual([
    ['exposed-asset', 'INFORMATIONAL', 'shop-prod-bastion', '198.51.100.17'],
    [
      'exposed-asset',
      'INFORMATIONAL',
      'shop-prod-web',
      'https://shop-prod-web-1.eu-west-1.elb.amazonaws.com',
    ],
    ['asset-not-scanned', 'MEDIUM', 'shop-prod-web', 'https://shop-prod-web-1.eu-west-1.elb.amazonaws.com'],
    ['exposed-asset', 'INFORMATIONAL', 'shop.example.org', 'https://shop.example.org'],
    ['asset-not-scanned', 'MEDIUM', 'shop.example.org', 'https://shop.example.org'],
  ]);
  const why = report.observations.filter(({ ruleId }) => ruleId === 'asset-not-scanned');
  expect(why.map(({ description }) => description)).toEqual([
    'load balancer shop-prod-web is reached at https://shop-prod-web-1.eu-west-1.elb.amazonaws.com, and no job scans it.',
    'distribution shop.example.org is reached at https://shop.example.org, and sites did so for the last time on 2025-10-09.',
  ]);
});

it('covers only what could be asked; an account without assets is no error', async () => {
  const report = only(await readFixture(perimeter, 'denied.json'));
  expect(report.outcome).toBe('complete');
  expect([...report.coverage]).toEqual([['ec2@eu-west-1', ['exposed-asset']]]);
  expect(report.gaps).toEqual(report.notes);
  expect(report.notes).toEqual(['elasticloadbalancing:DescribeLoadBalancers in eu-west-1: AccessDenied']);
  expect(report.observations).toEqual([]);
});

it('covers what its assets are in, however it is written', async () => {
  const asset = { service: 'EC2', region: 'EU-West-1', id: 'i-1', endpoint: '198.51.100.7' };
  const text = { perimeter: 1, cloud: 'aws', account: '1', covered: ['EC2@EU-West-1'], assets: [asset] };
  const { coverage, observations } = only(await readText(perimeter, JSON.stringify(text)));
  expect([...coverage.keys()]).toEqual(observations.map(({ cell }) => cell));
});

it('is of no use where nothing could be asked', async () => {
  const nothing = { perimeter: 1, cloud: 'aws', account: '1', covered: [], assets: [] };
  expect(only(await readText(perimeter, JSON.stringify(nothing))).outcome).toBe('failed');
});

it('refuses what does not say where it looked, or names an asset by half', async () => {
  const whole = { perimeter: 1, cloud: 'aws', account: '1', covered: [], assets: [] };
  const asset = { service: 'ec2', id: 'i-1' };
  for (const bad of [
    { ...whole, perimeter: 2 },
    { ...whole, account: '' },
    { ...whole, covered: undefined },
    { ...whole, covered: ['everything'] },
    { ...whole, assets: [asset] },
    { ...whole, assets: [{ ...asset, endpoint: ' ' }] },
  ]) {
    const text = JSON.stringify(bad);
    await expect(readText(perimeter, text), text).rejects.toMatchObject({ code: 'wrong_shape' });
  }
});
