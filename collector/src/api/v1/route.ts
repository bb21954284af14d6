import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Role } from '../../warehouse/access.ts';
import { badRequest, type Issue } from '../problem.ts';

/** What a request brings, checked. */
export interface Given<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly request: Request;
  readonly response: Response;
}

export interface Answer {
  readonly description: string;
  /** Of a JSON answer; without one there is no body, or one that is not JSON. */
  readonly schema?: z.ZodType;
}

interface RouteOptions<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  readonly method: 'get' | 'post';
  /** As OpenAPI writes it: `/findings/{fingerprint}`. */
  readonly path: string;
  /** For generated clients. */
  readonly id: string;
  /** One line. */
  readonly summary: string;
  readonly description?: string;
  /** Who may; null for everybody whom the server knows. */
  readonly role: Role | null;
  readonly params?: P;
  readonly query?: Q;
  /** Of the JSON body. */
  readonly body?: B;
  /** Of the JSON body for the document, where `body` leaves the checking to others. */
  readonly bodyShape?: z.ZodType;
  /** It shows all accounts and teams as a whole: for those only who may see all. */
  readonly whole?: boolean;
  /** The body is a report, which the handler reads by itself. */
  readonly upload?: boolean;
  /** Events that the handler reads by itself, for the document: an example of what one is, and of what it has to have. */
  readonly events?: z.ZodType;
  readonly ok: Answer;
  /** Statuses beside those that every route may answer. */
  readonly problems?: Readonly<Record<number, string>>;
  readonly handle: (given: Given<z.output<P>, z.output<Q>, z.output<B>>) => Promise<void>;
}

/** A route: what the router runs and the OpenAPI document describes. */
export interface Route extends Omit<
  RouteOptions<z.ZodObject, z.ZodObject, z.ZodType>,
  'handle' | 'params' | 'query' | 'body'
> {
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodType | null;
  /** Checks the request and answers it. @throws HttpProblem */
  readonly run: (request: Request, response: Response) => Promise<void>;
}

const nothing = z.strictObject({});

export function route<
  P extends z.ZodObject = typeof nothing,
  Q extends z.ZodObject = typeof nothing,
  B extends z.ZodType = z.ZodUndefined,
>(options: RouteOptions<P, Q, B>): Route {
  const { params, query, body, handle, ...rest } = options;
  return {
    ...rest,
    params: params ?? nothing,
    query: query ?? nothing,
    body: body ?? null,
    run: async (request, response) => {
      const given = {
        params: checked(params ?? nothing, request.params, 'path'),
        query: checked(query ?? nothing, { ...request.query }, 'query'),
        body: body === undefined ? undefined : checked(body, request.body, 'body'),
        request,
        response,
      };
      // Each was parsed by the very schema that its type comes from; left out ones are never looked at.
      await handle(given as Given<z.output<P>, z.output<Q>, z.output<B>>);
    },
  };
}

const WHERE = { path: 'The path', query: 'The query string', body: 'The body' } as const;

/** @throws HttpProblem 400 with what is wrong, by field */
export function checked<T extends z.ZodType>(
  schema: T,
  value: unknown,
  where: keyof typeof WHERE,
): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = issuesOf(parsed.error);
  const [first] = issues;
  throw badRequest(`${WHERE[where]} is not as it should be: ${first === undefined ? '' : told(first)}`, {
    hint: 'GET /api/v1/openapi.json describes what each route takes.',
    issues,
  });
}

/** A request can be wrong in a million places; nobody reads more than these. */
const MOST_ISSUES = 20;
const MOST_CHARACTERS = 400;

export function issuesOf(error: z.ZodError): Issue[] {
  return error.issues.slice(0, MOST_ISSUES).map(({ path, message }) => ({
    path: z.core.toDotPath(path).slice(0, MOST_CHARACTERS),
    message: message.length > MOST_CHARACTERS ? `${message.slice(0, MOST_CHARACTERS)}…` : message,
  }));
}

function told({ path, message }: Issue): string {
  return path === '' ? message : `${path}: ${message}`;
}
