import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { composeGo, resolved, ROOT, services } from './compose.ts';

const all = [...services()];
const binary = composeGo();

describe('docker-compose.yml', () => {
  it.skipIf(binary === null).each(['sample', 'own-bucket', 'sample,scanners'])(
    'is read by what docker compose reads it with, for %s',
    (profile) => {
      const { services: found } = z
        .looseObject({ services: z.record(z.string(), z.unknown()) })
        .parse(resolved(binary ?? '', profile));
      expect(Object.keys(found)).toContain('grafana');
    },
  );

  it('has a collector and a setup for each kind of bucket, and starts the sample unless told otherwise', () => {
    const of = (profile: string): string[] =>
      all.filter(([, { profiles }]) => profiles.includes(profile)).map(([name]) => name);
    expect(of('sample')).toEqual(['bucket', 'setup', 'collector']);
    expect(of('own-bucket')).toEqual(['setup-own-bucket', 'collector-own-bucket']);
    expect(readFileSync(path.join(ROOT, '.env'), 'utf8')).toContain('COMPOSE_PROFILES=sample');
  });

  it('pins every image', () => {
    for (const [name, { image }] of all) expect(image, name).toMatch(/:v?\d+\.\d+/);
    for (const file of readdirSync(path.join(ROOT, 'deploy')).filter((one) => one.endsWith('Dockerfile'))) {
      const dockerfile = readFileSync(path.join(ROOT, 'deploy', file), 'utf8');
      for (const [, version] of dockerfile.matchAll(/^ARG \w+_VERSION=(.*)$/gm))
        expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(dockerfile).toMatch(/^USER (?!root)/m);
    }
  });

  // Owners of new volumes are set once, by a container without a network.
  const running = all.filter(([name]) => name !== 'permissions' && name !== 'prowler');

  it.each(running)('runs %s as nobody special, on a file system that it can not write', (_, one) => {
    expect(one.user).toMatch(/^(?!0|root)/);
    expect(one.read_only).toBe(true);
  });

  it.each(all)('gives %s no rights that it does not need', (_, one) => {
    expect(one.cap_drop).toEqual(['ALL']);
    expect(one.security_opt).toContain('no-new-privileges:true');
  });

  it('is reached from this machine only, until somebody decides otherwise', () => {
    for (const port of all.flatMap(([, { ports }]) => ports)) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('holds no secret: each comes from the environment, or is made at the first start', () => {
    for (const [name, { environment }] of all)
      for (const [variable, value] of Object.entries(environment))
        if (/PASSWORD|SECRET|TOKEN|KEY/.test(variable))
          expect(value, `${name} ${variable}`).toMatch(/^\$\{\w+:-\}$|^\/run\//);
    for (const line of readFileSync(path.join(ROOT, '.env'), 'utf8').split('\n'))
      if (/(PASSWORD|SECRET|TOKEN|KEY|URL)\w*=/.test(line)) expect(line).toMatch(/=$/);
  });

  it('waits for what has a health check until it is healthy, and for what ends until it has', () => {
    for (const [name, { depends_on: needs }] of all)
      for (const [other, { condition }] of Object.entries(needs)) {
        const needed = services().get(other);
        expect(needed, `${name} needs ${other}`).toBeDefined();
        expect([name, other, condition]).toEqual([
          name,
          other,
          needed?.healthcheck === undefined ? 'service_completed_successfully' : 'service_healthy',
        ]);
      }
  });

  it('remembers what was told for longer than it is repeated', () => {
    const environment = services().get('grafana')?.environment ?? {};
    expect(environment['GF_UNIFIED_ALERTING_NOTIFICATION_LOG_RETENTION']).toBe('60d');
    const rules = readFileSync(path.join(ROOT, 'provisioning/alerting/rules.yaml'), 'utf8');
    expect(rules).toContain('repeat_interval: "30d"');
  });
});

describe.each(['collector', 'grafana'])('the image of %s', (name) => {
  const dockerfile = readFileSync(path.join(ROOT, `deploy/${name}.Dockerfile`), 'utf8');

  it('copies what there is', () => {
    const ignored = /node_modules|dist/;
    for (const [, words = ''] of dockerfile.matchAll(/^COPY (?!--from)(.*)$/gm))
      for (const source of words.trim().split(/\s+/).slice(0, -1))
        if (!ignored.test(source)) expect(existsSync(path.join(ROOT, source)), source).toBe(true);
  });

  it('builds in one stage and runs in another', () => {
    expect([...dockerfile.matchAll(/^FROM/gm)].length).toBeGreaterThan(1);
  });
});
