import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { folderOf, sightline, start } from './support.ts';

vi.setConfig({ testTimeout: 180_000 });

const event = (rule: string): string =>
  JSON.stringify({
    output: 'A shell was spawned',
    output_fields: { 'k8s.cluster.name': 'prod', 'k8s.ns.name': 'shop', 'k8s.pod.name': 'web-1' },
    priority: 'Warning',
    rule,
    source: 'syscall',
    time: new Date().toISOString(),
  });

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  expect(await holds()).toBe(true);
}

async function rulesIn(folder: string): Promise<string[]> {
  const { documents } = await sightline(['findings', '--json', '--store', `${folder}/data`]);
  const [found] = documents as [{ findings: { ruleId: string }[] }];
  return found.findings.map(({ ruleId }) => ruleId).sort();
}

it('events that are pushed to a server become findings, also those of one that was killed', async () => {
  const folder = folderOf({
    'sightline.yaml': 'streams: { every: 1s, takeOver: 2s }\n',
    'slow.yaml': 'streams: { every: 1h, takeOver: 2s }\n',
  });
  const serve = (config: string) =>
    start(['serve', '--config', `${folder}/${config}`, '--store', `${folder}/data`, '--port', '0']);
  const push = async (url: string, rule: string): Promise<void> => {
    const answer = await fetch(new URL('/api/v1/falco', url), { method: 'POST', body: event(rule) });
    expect(answer.status).toBe(200);
  };
  const mortal = await serve('slow.yaml');
  await push(mortal.url, 'left behind');
  await push(mortal.url, 'left behind, too');
  const gone = once(mortal.child, 'close');
  mortal.child.kill('SIGKILL');
  await gone;
  const { stdout } = await sightline(['status', '--store', `${folder}/data`]);
  expect(stdout).toContain('falco: 2 events');

  const server = await serve('sightline.yaml');
  try {
    await push(server.url, 'own');
    await until(async () => (await rulesIn(folder)).length === 3);
    expect(await rulesIn(folder)).toEqual(['left behind', 'left behind, too', 'own']);
    await until(async () => {
      const metrics = await (await fetch(new URL('/metrics', server.url))).text();
      return (
        metrics.includes('sightline_spool_committed_events_total{feed="falco"} 3') &&
        metrics.includes('sightline_spool_waiting_events{feed="falco"} 0')
      );
    });
  } finally {
    await server.stop();
  }

  // What is acknowledged in the last moment is there for whoever comes next.
  const last = await serve('slow.yaml');
  await push(last.url, 'last');
  await last.stop();
  const drained = await sightline(['drain', '--all', '--store', `${folder}/data`]);
  expect(drained.stdout).toMatch(/falco: 1 event\n {2}falco\/kubernetes\/prod: 1 opened/);
  expect(await rulesIn(folder)).toHaveLength(4);
  expect((await sightline(['drain', '--store', `${folder}/data`])).stdout).toBe('no events wait\n');
});
