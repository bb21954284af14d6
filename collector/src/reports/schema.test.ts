import { Ajv2020 } from 'ajv/dist/2020.js';
import * as formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { emptyReport, sampleReport } from '../../../test/page/sample-report.ts';
import {
  plainClouds,
  plainReportSchema,
  reportClouds,
  reportJsonSchema,
  reportSchema,
  type Report,
} from './schema.ts';

function jsonSchemaValidator(): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  formats.default.default(ajv);
  return ajv.compile(reportJsonSchema());
}

const validates = jsonSchemaValidator();

function withSightline(changes: object): unknown {
  const report = sampleReport({ findings: 2, days: 2 });
  return { ...report, sightline: { ...report.sightline, ...changes } };
}

describe('the report', () => {
  it('validates by the published JSON Schema, full and empty', () => {
    expect(validates(sampleReport())).toBe(true);
    expect(validates(emptyReport())).toBe(true);
  });

  it('has a schema with its own id, titles and the draft that it is written in', () => {
    expect(reportJsonSchema()).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'urn:sightline:report:1',
      title: 'Sightline report',
    });
  });

  it.each([
    ['a count below nought', { findings_total: -1 }],
    ['a count that is no number', { findings_total: '3' }],
    ['another version', { version: 2 }],
    ['a time that is none', { generated_at: 'yesterday' }],
    ['no totals', { totals: undefined }],
  ])('is refused by zod and by the JSON Schema alike with %s', (_, changes) => {
    const report: unknown = JSON.parse(JSON.stringify(withSightline(changes)));
    expect(reportSchema.safeParse(report).success).toBe(false);
    expect(validates(report)).toBe(false);
  });

  it('is refused when a top-level member is neither its own nor a cloud', () => {
    const report = { ...sampleReport(), kubernetes: { pods: 3 } };
    expect(reportSchema.safeParse(report).success).toBe(false);
    expect(validates(report)).toBe(false);
  });

  it('takes clouds that nobody has thought of yet', () => {
    const sample = sampleReport();
    const report = reportSchema.parse({ ...sample, kubernetes: sample.gcp });
    expect(reportClouds(report).map(([cloud]) => cloud)).toEqual(['aws', 'azure', 'gcp', 'kubernetes']);
    expect(validates(report)).toBe(true);
  });

  it.each(['https://evil.example/', '/x', '../x', 'raw/%2e%2e/%2e%2e/x', 'javascript:alert(1)'])(
    'links no raw report outside its folder: %s',
    (href) => {
      const report = sampleReport();
      const [first] = report.sightline.accounts[0]?.raw_reports ?? [];
      expect(first).toBeDefined();
      if (first !== undefined) first.href = href;
      expect(reportSchema.safeParse(report).success).toBe(false);
    },
  );
});

describe('the plain part', () => {
  it('is what a reader who knows nothing else finds: date, clouds, services, total', () => {
    const { report_date: date, total, sightline: _sightline, ...clouds } = asPlainReaderSees(sampleReport());
    expect(date).toBe('2026-11-20');
    expect(Object.keys(clouds).sort()).toEqual(['aws', 'azure', 'gcp']);
    expect(countsOf(total)).toEqual([true, true, true]);
    for (const cloud of Object.values(clouds)) {
      for (const service of Object.values(cloud as object))
        expect(countsOf(service)).toEqual([true, true, true]);
    }
  });

  it('is readable in a report of a newer version, whatever that adds', () => {
    const newer = {
      ...sampleReport(),
      sightline: { version: 9, sequence: 12, entirely: { other: true } },
      oci: { vault: { checked_items: 3, flagged_items: null, resources_count: 1, brand: 'new' } },
    };
    expect(reportSchema.safeParse(newer).success).toBe(false);
    const plain = plainReportSchema.parse(newer);
    expect(plain.sightline?.version).toBe(9);
    expect(plainClouds(plain).map(([cloud]) => cloud)).toEqual(['aws', 'azure', 'gcp', 'oci']);
    expect(plainClouds(plain)[3]?.[1]).toMatchObject({ vault: { checked_items: 3, flagged_items: null } });
  });

  it('is readable where another tool wrote nothing else', () => {
    const counts = { checked_items: 10, flagged_items: 2, resources_count: 5 };
    const plain = plainReportSchema.parse({ report_date: '2026-11-20', aws: { s3: counts }, total: counts });
    expect(plainClouds(plain)).toEqual([['aws', { s3: counts }]]);
  });
});

function asPlainReaderSees(report: Report): Record<string, unknown> {
  return JSON.parse(JSON.stringify(report)) as Record<string, unknown>;
}

/** Whether each of the three well-known numbers is there, as a number or as null. */
function countsOf(part: unknown): boolean[] {
  const counts = part as Record<string, unknown>;
  return ['checked_items', 'flagged_items', 'resources_count'].map((name) => {
    const value = counts[name];
    return value === null || (Number.isInteger(value) && Number(value) >= 0);
  });
}
