import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FrameJson } from '../../collector/src/warehouse/frames/frame.ts';
import { boards, type Panel, sent, type Target } from './boards.ts';
import { type Estate, sampleEstate } from './estate.ts';

/** Every query of every panel, asked of the sample estate: it has to bring what the panel shows, with values. */

const DAY = 86_400_000;
let estate: Estate;
let chosen: Record<string, string>;

beforeAll(async () => {
  estate = await sampleEstate();
  const range = { from: estate.now - 90 * DAY, to: estate.now };
  const frame = await estate.ask({ type: 'findings', limit: 1 }, range);
  chosen = {
    fingerprint: textAt(frame, 'fingerprint'),
    resource: textAt(frame, 'resource'),
    status: 'open',
  };
}, 300_000);
afterAll(() => estate.close());

const all = boards().flatMap(({ uid, panels }) =>
  panels
    .filter(({ targets = [] }) => targets.length > 0)
    .map((panel) => ({ uid, name: `${uid}: ${panel.title ?? ''}`, panel })),
);

const FILLED_BY = /bring|is known|do have|do\.$|Prowler|Click/;

/** Of sources that the sample estate does not have: their panels say which would fill them. */
const NOT_IN_SAMPLE = /nmap|zap|vulnerability|detection|code|correlation/i;

describe('every panel', () => {
  it.each(all)('$name', { timeout: 60_000 }, async ({ panel }) => {
    const frames = await Promise.all((panel.targets ?? []).map((target) => answer(panel, target)));
    const fillable = panel.fieldConfig?.defaults.noValue ?? panel.description ?? '';
    if (frames.every(isEmpty)) {
      expect(fillable, 'a panel that is empty says what would fill it').toMatch(FILLED_BY);
      expect(JSON.stringify(panel.targets), 'the sample estate has that source').toMatch(NOT_IN_SAMPLE);
      return;
    }
    for (const frame of frames) expect(isEmpty(frame), JSON.stringify(frame.schema.fields)).toBe(false);
    const names = new Set(frames.flatMap(namesOf));
    for (const used of usedBy(panel)) expect(names, `${used} among the fields`).toContain(used);
  });
});

function answer(panel: Panel, target: Target): Promise<FrameJson> {
  const days = panel.timeFrom === undefined ? 90 : Number.parseInt(panel.timeFrom, 10);
  return estate.ask(sent(target, chosen), { from: estate.now - days * DAY, to: estate.now });
}

/** Without rows, or without any value other than dimensions and 0. */
function isEmpty({ schema, data }: FrameJson): boolean {
  const numbers = schema.fields.flatMap(({ type }, index) => (type === 'number' ? [index] : []));
  const columns = numbers.length > 0 ? numbers : schema.fields.map((_, index) => index);
  return columns.every((index) =>
    (data.values[index] ?? []).every((value) => value === null || value === ''),
  );
}

/** As people see them, and as they are called in the data: overrides may name either. */
function namesOf({ schema }: FrameJson): string[] {
  return schema.fields.flatMap(({ name, config, labels = {} }) => [
    name,
    ...Object.keys(labels),
    ...(typeof config?.displayNameFromDS === 'string' ? [config.displayNameFromDS] : []),
  ]);
}

/** Colours of severities and the names that transformations give are for whatever there is. */
const OPTIONAL = new Set([
  'critical',
  'high',
  'medium',
  'low',
  'informational',
  'Total',
  'fresh',
  'Trend #A',
  "peers' median",
]);

/** Of a finding's history: it was in some of them. */
const STATUSES = new Set(['open', 'fixed', 'accepted', 'muted', 'false_positive', 'retired']);

function usedBy(panel: Panel): string[] {
  const overrides = panel.fieldConfig?.overrides ?? [];
  const named = overrides
    .filter(({ matcher }) => matcher.id === 'byName')
    .map(({ matcher }) => String(matcher.options))
    .filter((name) => !OPTIONAL.has(name) && !STATUSES.has(name));
  const { xField } = panel.options ?? {};
  return [...named, ...(xField === undefined ? [] : [xField])];
}

function textAt({ schema, data }: FrameJson, name: string): string {
  const index = schema.fields.findIndex((field) => field.name === name);
  return String(data.values[index]?.[0]);
}
