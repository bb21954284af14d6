import * as z from 'zod';

/**
 * Fields of a foreign document. Where one has another type than it should, it counts as absent: a link more or less is no
 * reason to refuse a report. What makes a result is checked by the adapters.
 */
export const text = z
  .union([z.string(), z.number().transform(String), z.boolean().transform(String)])
  .catch('')
  .default('');

export const number = z.number().nullable().catch(null).default(null);

export const flag = z.boolean().nullable().catch(null).default(null);

export const texts = z
  .union([z.array(text), z.string().transform((one) => [one])])
  .catch([])
  .default([]);

/** `{"env": "prod"}` */
export const pairs = z.record(z.string(), text).catch({}).default({});

export function part<S extends z.ZodRawShape>(shape: S) {
  return z.object(shape).optional().catch(undefined);
}

/** Elements that are none are left out. */
export function listOf<T extends z.ZodType>(element: T) {
  return z
    .array(element.nullable().catch(null))
    .catch([])
    .default([])
    .transform((list) => list.filter((one) => one !== null));
}
