import { z } from 'zod';
import { SEVERITIES, type Severity } from '../findings/severity.ts';

/** The kinds of value that stand in the file, as a person writes them. */

export const text = z.string().min(1, 'must not be empty');

/** One pattern or a list of them. */
export const patterns = z
  .union([text, z.array(text).min(1, 'must not be empty')])
  .transform((value) => (typeof value === 'string' ? [value] : value))
  .meta({ id: 'Patterns' });

const LOWER = ['critical', 'high', 'medium', 'low', 'informational'] as const;

export const severity = z
  .string()
  .toLowerCase()
  .pipe(z.enum(LOWER))
  .transform((word): Severity => SEVERITIES.find((known) => known.toLowerCase() === word) ?? 'INFORMATIONAL')
  .meta({ id: 'Severity', enum: LOWER.flatMap((word) => [word, word.toUpperCase()]) });

/** A number, also one that came as text out of the environment. */
export function numeric<T extends z.ZodType>(schema: T): z.ZodPreprocess<T> {
  return z.preprocess(
    (value) =>
      typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
        ? Number(value)
        : value,
    schema,
  );
}

export const count = numeric(z.int().positive());

/** True or false, also as text out of the environment. */
export const flag = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean(),
);

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};
/** Without the flag for case, which JSON Schema does not know. */
const SIZE = /^(\d+(?:\.\d+)?) ?([kKmMgG][iI]?[bB]|[bB])?$/;

/** Bytes: a number, or text such as `500 MB`, `4GiB`. */
export const bytes = z
  .union([z.int().positive(), z.string().regex(SIZE, 'must be a size, such as 500MB or 4GiB')])
  .transform((value) => {
    if (typeof value === 'number') return value;
    const [, amount, unit] = SIZE.exec(value) ?? [];
    return Math.floor(Number(amount) * (UNITS[(unit ?? '').toLowerCase()] ?? 1));
  })
  .refine((value) => value > 0, 'must be more than 0 bytes')
  .meta({ id: 'Bytes' });

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };
const DURATION = /^(\d+(?:\.\d+)?) ?(ms|[smhd])$/;

/** A length of time, such as `250ms`, `90s`, `10m`, `2h`, `7d`; in milliseconds. */
export const duration = z
  .string()
  .regex(DURATION, 'must be a length of time, such as 250ms, 90s, 10m, 2h or 7d')
  .transform((value) => {
    const [, amount, unit] = DURATION.exec(value) ?? [];
    return Math.round(Number(amount) * (MILLISECONDS[unit ?? ''] ?? 1));
  })
  .refine((value) => value <= 366 * 86_400e3, 'must be at most a year')
  .meta({ id: 'Duration' });

/** A default as a person would write it, and as it is read. */
export function durationOf(ms: number, written: string, description: string) {
  return duration.default(ms).meta({ description, default: written });
}

const days = numeric(z.number().positive().max(36_500));
const dayShape = (value: typeof days | z.ZodNullable<typeof days>) => ({
  critical: value.optional(),
  high: value.optional(),
  medium: value.optional(),
  low: value.optional(),
  informational: value.optional(),
});

/** Days by severity; null takes a default away. */
export const commonDays = z.preprocess(lowerKeys, z.strictObject(dayShape(days.nullable())));
export const teamDays = z.preprocess(lowerKeys, z.strictObject(dayShape(days)));

/** A default stands in the description too: the schema for editors can't see through what is read from text. */
export function withDefault<T extends z.ZodType>(
  schema: T,
  value: z.core.util.NoUndefined<z.output<T>>,
  description: string,
): z.ZodDefault<T> {
  return schema.default(value).meta({ description, default: value });
}

function lowerKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]));
}
