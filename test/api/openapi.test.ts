import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiRouter } from '../../collector/src/api/v1/index.ts';
import { noAccess } from '../../collector/src/api/access/index.ts';
import { pino } from 'pino';
import { type Api, startApi } from './support.ts';

let api: Api;

beforeAll(async () => {
  api = await startApi({ warehouse: false });
});
afterAll(() => api.close());

/** What express itself says it would answer: `get /findings/{fingerprint}`. */
function routesOfRouter(): string[] {
  const log = pino({ level: 'silent' });
  const router = apiRouter({
    committer: api.committer,
    log,
    warehouse: null,
    access: noAccess(log),
    audit: { record: () => Promise.resolve() },
    limits: {},
    reading: {},
    report: { version: '1' },
  });
  return router.stack.flatMap(({ route }) => {
    if (route === undefined) return [];
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    // `all` is what answers 405 for the methods that are not there.
    const methods = route.stack
      .map(({ method }) => method)
      .filter((method) => ['get', 'post'].includes(method));
    return [...new Set(methods)].map((method) => `${method} ${path}`);
  });
}

describe('the OpenAPI document', () => {
  it('has every route that there is, and no other', () => {
    const described = Object.entries(api.contract.document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    expect(described.length).toBeGreaterThan(10);
    expect(described.sort()).toEqual(routesOfRouter().sort());
  });

  it('names each operation once, and each parameter of a path', () => {
    const operations = Object.entries(api.contract.document.paths).flatMap(([path, item]) =>
      Object.values(item).map((operation) => ({ path, ...operation })),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, parameters = [] } of operations) {
      const named = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
      expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });

  it('refers to nothing that it does not hold', () => {
    const { schemas } = api.contract.document.components;
    const refs = [...JSON.stringify(api.contract.document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, ref]) => ref,
    );
    expect(refs.length).toBeGreaterThan(10);
    for (const ref of refs) expect(Object.keys(schemas)).toContain(ref?.replace('#/components/schemas/', ''));
  });

  it('tells what a query may be', () => {
    const text = JSON.stringify(api.contract.document.components.schemas['QueryRequest']);
    for (const word of ['trend', 'summary', 'flame', 'riskScore', 'notIn', 'maxDataPoints'])
      expect(text).toContain(word);
  });
});
