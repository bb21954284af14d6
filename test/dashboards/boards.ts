import * as fs from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';

/** The committed dashboards, as Grafana reads them. */

const FOLDER = path.resolve(import.meta.dirname, '../../provisioning/dashboards/sightline');

const filter = z.object({ field: z.string(), operator: z.string(), values: z.array(z.string()) });
const target = z.looseObject({
  refId: z.string(),
  version: z.literal(1),
  queryType: z.enum(['trend', 'summary', 'findings', 'events', 'runs']),
  datasource: z.looseObject({ uid: z.string().optional() }),
  filters: z.array(filter).optional(),
});
export type Target = z.infer<typeof target>;

const panel = z.looseObject({
  id: z.number(),
  type: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  timeFrom: z.string().optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(target).optional(),
  options: z.looseObject({ xField: z.string().optional() }).optional(),
  fieldConfig: z
    .looseObject({
      defaults: z.looseObject({ noValue: z.string().optional() }),
      overrides: z.array(z.looseObject({ matcher: z.looseObject({ id: z.string(), options: z.unknown() }) })),
    })
    .optional(),
});
export type Panel = z.infer<typeof panel>;

const variable = z.looseObject({ name: z.string(), type: z.string(), query: z.unknown().optional() });
const board = z.looseObject({
  uid: z.string(),
  title: z.string(),
  tags: z.array(z.string()),
  panels: z.array(panel),
  templating: z.looseObject({ list: z.array(variable).default([]) }).optional(),
  annotations: z.looseObject({ list: z.array(z.looseObject({ target })).default([]) }).optional(),
});
export type Board = z.infer<typeof board>;

export function boards(): readonly Board[] {
  return fs
    .readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => board.parse(JSON.parse(fs.readFileSync(path.join(FOLDER, name), 'utf8'))));
}

export function text(uid: string): string {
  return fs.readFileSync(path.join(FOLDER, `${uid}.json`), 'utf8');
}

/**
 * A target as the plugin sends it when of every variable All is chosen.
 * @param chosen what links set
 */
export function sent(given: Target, chosen: Readonly<Record<string, string>>): object {
  const { refId: _refId, version: _version, queryType, datasource: _datasource, filters, ...rest } = given;
  const kept = (filters ?? []).flatMap(({ values, ...one }) => {
    const names = values.map((value) => /^\$(\w+)$/.exec(value)?.[1]);
    if (names.every((name) => name === undefined)) return [{ ...one, values }];
    const set = names.flatMap((name) => chosen[name ?? ''] ?? []);
    return set.length === 0 ? [] : [{ ...one, values: set }];
  });
  return { type: queryType, ...rest, ...(filters === undefined ? {} : { filters: kept }) };
}
