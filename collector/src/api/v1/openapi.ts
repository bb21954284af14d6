import { z } from 'zod';
import type { Route } from './route.ts';
import { problem } from './shapes.ts';

/** The OpenAPI document, made from the schemas that the routes check requests with. @see https://spec.openapis.org/oas/v3.1.1 */

type Json = Readonly<Record<string, unknown>>;

const SCHEMES = {
  token: {
    type: 'http',
    scheme: 'bearer',
    description: 'A token made by `sightline token create`, or a JWT of the configured OpenID provider.',
  },
};

export function openapi(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  const schemas: Record<string, Json> = { Problem: shapeOf(problem, 'output') };
  for (const route of routes) {
    const there = (paths[route.path] ??= {});
    there[route.method] = operation(route, schemas);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sightline',
      version,
      description:
        'Findings of security scanners with their history. Errors are problem documents (RFC 9457); times are milliseconds since the epoch, UTC.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }],
    paths,
    components: { schemas, securitySchemes: SCHEMES },
  };
}

function operation(route: Route, schemas: Record<string, Json>): Json {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')];
  const body = bodyOf(route, schemas);
  return {
    operationId: route.id,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === null ? {} : { requestBody: body }),
    responses: responsesOf(route, schemas),
    ...(route.role === null ? {} : { 'x-role': route.role }),
  };
}

function parametersOf(schema: z.ZodObject, place: 'path' | 'query'): Json[] {
  return Object.entries<z.ZodType>(schema.shape).map(([name, field]) => {
    const { description, ...shape } = shapeOf(field, 'input');
    return {
      name,
      in: place,
      required: place === 'path',
      ...(typeof description === 'string' ? { description } : {}),
      schema: shape,
    };
  });
}

function bodyOf(route: Route, schemas: Record<string, Json>): Json | null {
  if (route.upload === true)
    return { required: true, content: { '*/*': {} }, description: 'The report, as the scanner wrote it.' };
  if (route.events !== undefined) return eventsOf(route.id, route.events, schemas);
  if (route.body === null) return null;
  const name = `${titled(route.id)}Request`;
  schemas[name] = shapeOf(route.bodyShape ?? route.body, 'input');
  return { required: true, content: { 'application/json': { schema: refTo(name) } } };
}

function eventsOf(id: string, event: z.ZodType, schemas: Record<string, Json>): Json {
  const name = `${titled(id)}Event`;
  schemas[name] = shapeOf(event, 'input');
  const one = refTo(name);
  return {
    required: true,
    content: {
      'application/json': { schema: { oneOf: [one, { type: 'array', items: one }] } },
      'application/x-ndjson': { schema: { type: 'string', description: 'One event a line.' } },
    },
  };
}

function responsesOf(route: Route, schemas: Record<string, Json>): Json {
  const { description, schema } = route.ok;
  const answers: Record<string, Json> = {};
  if (schema === undefined) answers['200'] = { description };
  else {
    const name = `${titled(route.id)}Response`;
    schemas[name] = shapeOf(schema, 'output');
    answers['200'] = { description, content: { 'application/json': { schema: refTo(name) } } };
  }
  for (const [status, told] of Object.entries(problemsOf(route))) answers[status] = problemAnswer(told);
  answers['default'] = problemAnswer('Something else went wrong.');
  return answers;
}

/** What a route may answer beside success, by what kind of route it is and what it says of itself. */
function problemsOf({ role, whole, body, problems = {} }: Route): Readonly<Record<string, string>> {
  return {
    400: 'The request is not as it should be; `issues` say where.',
    401: 'The server does not know the caller.',
    ...(role === null && whole !== true ? {} : { 403: 'The caller may not.' }),
    ...(body === null ? {} : { 413: 'The body has more than 1 MiB.', 415: 'The body is not JSON.' }),
    429: 'Too many requests; Retry-After says when to come back.',
    503: 'There is nothing to answer from yet, or the bucket does not answer; Retry-After says when to come back.',
    ...problems,
  };
}

function problemAnswer(description: string): Json {
  return { description, content: { 'application/problem+json': { schema: refTo('Problem') } } };
}

function shapeOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...shape } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  return shape;
}

function refTo(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function titled(id: string): string {
  return id.charAt(0).toUpperCase() + id.slice(1);
}
