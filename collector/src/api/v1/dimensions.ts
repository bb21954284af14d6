import type { Request, Response } from 'express';
import { z } from 'zod';
import { DIMENSIONS, FILTER_FIELD_LIST, isDimension } from '../../warehouse/query/dimensions.ts';
import { findingsQuery, type Range } from '../../warehouse/query/request.ts';
import { dimensionList, dimensionValues } from '../../warehouse/query/values.ts';
import { accessOf } from '../access/index.ts';
import { badRequest, notFound } from '../problem.ts';
import { type ApiOptions, warehouseOf } from './options.ts';
import { type Route, route } from './route.ts';
import { goneSignal, sendJson } from './send.ts';
import { jsonText, moment, subject, wholeNumber } from './shapes.ts';

const DEFAULT_VALUES = 100;
const MOST_VALUES = 1_000;
const MAX_TEXT = 200;

const filters = findingsQuery.shape.filters.unwrap();
const params = z.strictObject({
  name: z
    .string()
    .max(MAX_TEXT)
    .refine(isDimension, `no such dimension: use one of ${DIMENSIONS.join(', ')}, or label:<name>`)
    .meta({ description: `One of ${DIMENSIONS.join(', ')}, or \`label:<name>\`.` }),
});
const texts = {
  prefix: z.string().max(MAX_TEXT).optional().meta({ description: 'What values begin with, in any case.' }),
  search: z
    .string()
    .max(MAX_TEXT)
    .optional()
    .meta({ description: 'Part of a value or of its text, in any case.' }),
};
const LIMIT = { description: `${DEFAULT_VALUES} by default.` };

const valuesQuery = z.strictObject({
  ...texts,
  limit: wholeNumber(1, MOST_VALUES).optional().meta(LIMIT),
  from: moment
    .optional()
    .meta({ description: 'Only values of findings that were there in this time. Default: any.' }),
  to: moment.optional(),
  filters: jsonText(filters).optional().meta({
    description: 'A JSON list of `{field, operator, values}`; longer ones: POST.',
  }),
});
const time = z.number().int().min(0).max(8_640_000_000_000_000);
const valuesBody = z.strictObject({
  ...texts,
  limit: z.number().int().min(1).max(MOST_VALUES).optional().meta(LIMIT),
  from: time.optional().meta({ description: 'Milliseconds.' }),
  to: time.optional(),
  filters: filters.optional(),
});
type Wanted = z.infer<typeof valuesBody>;

const listResponse = z.object({
  dimensions: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      description: z.string(),
      bounded: z
        .boolean()
        .meta({ description: 'False: too many values for series or a whole list; they are searched.' }),
      multiple: z.boolean().meta({ description: 'A finding may have several values of it.' }),
      subjects: z
        .array(subject)
        .meta({ description: 'Measures of which subjects can be grouped and filtered by it.' }),
    }),
  ),
  filterFields: z
    .array(
      z.object({
        id: z.string(),
        label: z.string(),
        description: z.string(),
        values: z
          .array(z.string())
          .meta({ description: 'All that it can be; empty where it can be anything.' }),
      }),
    )
    .meta({ description: 'Findings are filtered by these too; they are no dimensions.' }),
});
const valuesResponse = z.object({
  values: z
    .array(
      z.object({
        value: z.string(),
        text: z.string().meta({ description: 'For people: the name of an account.' }),
        count: z.number().int().meta({ description: 'Open findings that have it at the end of the time.' }),
      }),
    )
    .meta({ description: 'Those with most findings first.' }),
});

export function dimensionRoutes(options: ApiOptions): readonly Route[] {
  const answer = async (
    dimension: string,
    wanted: Wanted,
    request: Request,
    response: Response,
  ): Promise<void> => {
    // The path was checked by the schema already; this tells the compiler.
    if (!isDimension(dimension)) throw notFound('There is no such dimension.');
    const { filters: given = [], limit = DEFAULT_VALUES, prefix, search: contains } = wanted;
    const values = await warehouseOf(options).ask(
      accessOf(response),
      { signal: goneSignal(response) },
      (context) => {
        const range = rangeOf(wanted, context.range);
        return dimensionValues(context, { dimension, prefix, contains, filters: given, limit, range });
      },
    );
    sendJson(request, response, { values });
  };
  const path = '/dimensions/{name}/values';
  const summary = 'The values that a dimension has, for those who choose among them';
  return [
    route({
      method: 'get',
      path: '/dimensions',
      id: 'listDimensions',
      summary: 'What findings can be grouped and filtered by',
      role: 'viewer',
      ok: { description: 'All dimensions.', schema: listResponse },
      handle: async ({ request, response }) => {
        const list = await warehouseOf(options).ask(
          accessOf(response),
          { signal: goneSignal(response) },
          dimensionList,
        );
        sendJson(request, response, { dimensions: list, filterFields: FILTER_FIELD_LIST });
      },
    }),
    route({
      method: 'get',
      path,
      id: 'listDimensionValues',
      summary,
      role: 'viewer',
      params,
      query: valuesQuery,
      ok: { description: 'The values.', schema: valuesResponse },
      handle: ({ params: { name }, query, request, response }) => answer(name, query, request, response),
    }),
    route({
      method: 'post',
      path,
      id: 'searchDimensionValues',
      summary: `${summary}; for filters that an address is too short for`,
      role: 'viewer',
      params,
      body: valuesBody,
      ok: { description: 'The values.', schema: valuesResponse },
      handle: ({ params: { name }, body, request, response }) => answer(name, body, request, response),
    }),
  ];
}

/** @throws HttpProblem 400 */
function rangeOf({ from, to }: Wanted, whole: Range): Range {
  const range = { ...whole, from: from ?? whole.from, to: to ?? whole.to };
  if (range.from >= range.to)
    throw badRequest('The query ends before it begins: `to` must be later than `from`.');
  return range;
}
