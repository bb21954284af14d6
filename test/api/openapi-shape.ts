import { Ajv2020, type AnySchema, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** What the OpenAPI specification 3.1 says a document looks like, as far as ours goes; nothing else may be in it. */
const object = (
  properties: Record<string, AnySchema>,
  required: readonly string[] = [],
  patterns: Record<string, AnySchema> = {},
): AnySchema => ({
  type: 'object',
  properties,
  required,
  patternProperties: { '^x-': {}, ...patterns },
  additionalProperties: false,
});
const map = (of: AnySchema, names = '.'): AnySchema => object({}, [], { [names]: of });
const text = { type: 'string', minLength: 1 };
const jsonSchema = { type: ['object', 'boolean'] };
const content = map(object({ schema: jsonSchema, example: {} }), '^[\\w*]+/[\\w.+*-]+$');

const parameter = {
  ...(object(
    {
      name: text,
      in: { enum: ['path', 'query', 'header', 'cookie'] },
      required: { type: 'boolean' },
      description: text,
      schema: jsonSchema,
    },
    ['name', 'in', 'schema'],
  ) as object),
  if: { properties: { in: { const: 'path' } } },
  then: { properties: { required: { const: true } }, required: ['required'] },
};

const operation = object(
  {
    operationId: text,
    summary: text,
    description: text,
    parameters: { type: 'array', items: parameter, uniqueItems: true },
    requestBody: object({ required: { type: 'boolean' }, description: text, content }, ['content']),
    responses: object({}, ['200'], {
      '^([1-5]\\d\\d|default)$': object({ description: text, content }, ['description']),
    }),
  },
  ['operationId', 'responses'],
);

const DOCUMENT = object(
  {
    openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
    info: object(
      {
        title: text,
        version: text,
        description: text,
        license: object({ name: text, identifier: text, url: text }, ['name']),
      },
      ['title', 'version'],
    ),
    servers: { type: 'array', items: object({ url: text, description: text }, ['url']) },
    security: { type: 'array', items: map({ type: 'array', items: text }) },
    paths: map(object({ get: operation, post: operation }), '^/'),
    components: object({
      schemas: map(jsonSchema, '^[a-zA-Z0-9._-]+$'),
      securitySchemes: map(
        object({ type: text, scheme: text, bearerFormat: text, description: text }, ['type']),
      ),
    }),
  },
  ['openapi', 'info', 'paths'],
);

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly content?: Record<string, { schema?: AnySchema }> }>>;
}

export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, AnySchema>> };
}

const BASE = 'https://sightline.test/openapi.json';

/** Holds answers against the document that the server gives of itself. */
export class Contract {
  readonly document: OpenApi;
  readonly #ajv: Ajv2020;
  readonly #checks = new Map<string, ValidateFunction>();

  /** @throws Error where it is no OpenAPI document */
  constructor(document: unknown) {
    const plain = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
    if (!plain.validate(DOCUMENT, document))
      throw new Error(plain.errorsText(undefined, { separator: '\n' }));
    this.document = document as OpenApi;
    this.#ajv = new Ajv2020({ strict: false });
    formats.default(this.#ajv);
    this.#ajv.addSchema({ $id: BASE, ...(document as object) });
    for (const [name, schema] of Object.entries(this.document.components.schemas)) {
      if (this.#ajv.validateSchema(schema) !== true) throw new Error(`${name}: ${this.#ajv.errorsText()}`);
    }
  }

  /** @throws Error where an answer is not as the document says */
  check(method: string, path: string, status: number, type: string, body: string): void {
    const verb = method.toLowerCase() === 'head' ? 'get' : method.toLowerCase();
    const [template, item] = Object.entries(this.document.paths).find(([one]) => matches(one, path)) ?? [];
    const operation = item?.[verb];
    if (template === undefined || operation === undefined) {
      // Nothing is described here, so all that may come is a problem.
      this.#validate('#/components/schemas/Problem', body, `${method} ${path}`);
      return;
    }
    if (status === 304 || method === 'HEAD') return;
    const name = String(status) in operation.responses ? String(status) : 'default';
    const media = type.split(';')[0] ?? '';
    if (operation.responses[name]?.content?.[media] === undefined)
      throw new Error(`${method} ${template} answers ${status} ${media}, which is not in the document`);
    const pointer = ['paths', template, verb, 'responses', name, 'content', media, 'schema'];
    const encoded = pointer.map((part) =>
      encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
    );
    this.#validate(`#/${encoded.join('/')}`, body, `${method} ${template} ${status}`);
  }

  #validate(pointer: string, body: string, what: string): void {
    let check = this.#checks.get(pointer);
    if (check === undefined) {
      check = this.#ajv.compile({ $ref: BASE + pointer });
      this.#checks.set(pointer, check);
    }
    if (check(JSON.parse(body))) return;
    throw new Error(`${what}: ${this.#ajv.errorsText(check.errors)}: ${body.slice(0, 300)}`);
  }
}

function matches(template: string, path: string): boolean {
  const parts = template.split('/');
  const given = path.split('/');
  return (
    parts.length === given.length &&
    parts.every((part, index) => /^\{.*\}$/.test(part) || part === given[index])
  );
}
