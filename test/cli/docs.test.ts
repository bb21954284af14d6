import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { sightline } from './support.ts';

it('docs/cli.md has every command', async () => {
  const page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  const described = [...page.matchAll(/^### sightline (\S+)$/gm)].map(([, name]) => name ?? '');
  const { stdout } = await sightline(['--help']);
  const commands = /\nCommands:\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? '';
  const names = [...commands.matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'help');
  expect(names.length).toBeGreaterThan(5);
  expect([...described].sort()).toEqual([...names].sort());
});

it('every option that docs/cli.md shows is one of its command', async () => {
  const page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  const lines = [...page.matchAll(/^ {4}(.*)$/gm)].flatMap(([, line = '']) => [
    ...line.matchAll(/sightline ([a-z]+(?: (?:apply|preview|list|retire|check|show|schema)\b)?)([^|]*)/g),
  ]);
  const help = new Map<string, string>();
  const common = (await sightline(['--help'])).stdout;
  for (const [, command = '', rest = ''] of lines) {
    const known = help.get(command) ?? (await sightline([...command.split(' '), '--help'])).stdout + common;
    help.set(command, known);
    for (const [option] of rest.matchAll(/--[a-z-]+/g))
      expect(known, `${command} ${option}`).toContain(option);
  }
  expect(help.size).toBeGreaterThan(10);
  // A process for each command, on a machine that may have other things to do.
}, 240_000);
