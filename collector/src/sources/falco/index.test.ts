import { describe, expect, it } from 'vitest';
import { bufferInput } from '../input/index.ts';
import { fixture, prints, readFixture, readText, ruled, scopeNames } from '../testing/reports.ts';
import { falco } from './index.ts';
import { mayHoldSecrets } from './redaction.ts';

const events = fixture('falco', 'events.ndjson').toString('utf8');

describe('events of Falco', () => {
  it('belong to the cluster, host or cloud account that they happened in', async () => {
    const reports = await readFixture(falco, 'events.ndjson');
    expect(scopeNames(reports)).toEqual(['kubernetes/prod-eu', 'host/hosts', 'aws/111122223333']);
    for (const report of reports) expect(report).toMatchObject({ mode: 'stream', outcome: 'complete' });
  });

  it('of one rule in one workload are one finding, whichever pod it was', async () => {
    const [cluster] = await readFixture(falco, 'events.ndjson');
    if (cluster === undefined) throw new Error('no cluster');
    expect(ruled(cluster, 'Terminal shell in container')).toMatchObject({
      class: 'detection',
      severity: 'LOW',
      severityOriginal: 'Notice',
      region: 'shop',
      resourceType: 'Pod',
      resourceId: 'Pod/storefront/web',
      occurrences: 2,
      frameworks: ['MITRE ATT&CK:T1059', 'MITRE ATT&CK:execution'],
      tags: { namespace: 'shop', image: 'registry.fernhollow.example/shop/web' },
    });
    expect(cluster.observedAt).toBe(Date.UTC(2026, 8, 7, 3, 20, 0, 500));
  });

  it('have the severity that OCSF gives to the priorities of syslog', async () => {
    const [line = ''] = events.split('\n');
    const words = ['Debug', 'Informational', 'Notice', 'Warning', 'Error', 'Critical', 'Alert', 'Emergency'];
    const severities: (string | undefined)[] = [];
    for (const word of words) {
      const [report] = await readText(falco, line.replace('"priority":"Notice"', `"priority":"${word}"`));
      severities.push(report?.observations[0]?.severity);
    }
    expect(severities).toEqual([
      'INFORMATIONAL',
      'INFORMATIONAL',
      'LOW',
      'MEDIUM',
      'HIGH',
      'CRITICAL',
      'CRITICAL',
      'CRITICAL',
    ]);
  });

  it('show no secret of a command line', async () => {
    const [cluster] = await readFixture(falco, 'events.ndjson');
    const text = JSON.stringify(cluster?.observations);
    expect(text).toContain('xmrig -o pool:3333 --pass [redacted hunt… #');
    expect(text).not.toContain('hunter2');
  });

  it.each([
    'proc.cmdline',
    'proc.exeline',
    'proc.pcmdline',
    'evt.info',
    'evt.args',
    'evt.arg.data',
    'ka.uri',
  ])('are stored without a secret in the field %s', async (field) => {
    const event = `{"output":"x","output_fields":{"${field}":"curl -u bot:hunter2hunter2 x"}}`;
    const clean = await falco.redact?.(bufferInput('event', Buffer.from(event)));
    const text = Buffer.alloc(clean?.size ?? 0);
    clean?.readAt(text, 0);
    expect(text.toString()).toContain('[redacted hunt… #');
    expect(mayHoldSecrets(JSON.parse(event) as object)).toBe(true);
  });

  it('are read as an array as well', async () => {
    const array = `[${events.trim().split('\n').join(',\n')}]`;
    expect(prints(await readText(falco, array))).toEqual(prints(await readText(falco, events)));
  });

  it('belong to the cluster that the caller names, where they name none', async () => {
    const [report] = await readText(falco, events.replaceAll('"k8s.cluster.name":"prod-eu",', ''), {
      place: { account: 'prod-us' },
    });
    expect(report).toMatchObject({ cloud: 'kubernetes', account: 'prod-us' });
  });

  it('are refused as a whole where one is none', async () => {
    const broken: [string, string][] = [
      [events.replace('"priority":"Error"', '"priority":"Bad"'), 'wrong_shape'],
      [events.replace('"rule":"Write below binary dir",', ''), 'wrong_shape'],
      [events.replace('2026-09-07T03:21:00.000000000Z', 'yesterday'), 'wrong_shape'],
      [`${events}17`, 'wrong_shape'],
      [events.slice(0, -30), 'truncated'],
    ];
    for (const [text, code] of broken) {
      await expect(readText(falco, text), text.slice(-60)).rejects.toMatchObject({ code });
    }
  });
});
