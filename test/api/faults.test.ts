import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { StoreError } from '../../collector/src/errors.ts';
import { readHeads } from '../../collector/src/lake/lake.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';
import { type Answered, type Api, as, reportsOf, startApi } from './support.ts';

const ACCOUNTS = ['111122223333', '444455556666'];
const RANGE = { from: Date.now() - 86_400_000, to: Date.now() + 1_000 };
const OPEN = { ...RANGE, queries: [{ refId: 'A', type: 'summary', measures: ['open'] }] };

interface Problem {
  readonly title: string;
  readonly detail: string;
}
interface Batch {
  readonly results: {
    readonly A: {
      readonly frames: readonly { readonly data: { readonly values: readonly (readonly number[])[] } }[];
    };
  };
}
const openIn = ({ results }: Batch): number | undefined => results.A.frames[0]?.data.values.at(-1)?.[0];

interface Status {
  readonly findings: number | null;
  readonly warehouse: { readonly state: string; readonly problem: string | null };
}

describe('while the warehouse warms up', () => {
  /** Lists the heads when it is told to. */
  class SlowStore extends FilesystemStore {
    static open: () => void = () => undefined;
    readonly #gate = new Promise<void>((resolve) => {
      SlowStore.open = resolve;
    });

    override async *list(prefix: string) {
      if (prefix === 'heads/') await this.#gate;
      yield* super.list(prefix);
    }
  }

  it('queries are told to come back, and no answer looks as if there was nothing', async () => {
    const api = await startApi({ store: (folder) => new SlowStore(folder), ready: false });
    try {
      const { status, headers, body } = await api.post<Problem>('/query', OPEN);
      expect([status, headers.get('retry-after'), body.title]).toEqual([503, '5', 'Warming up']);
      expect((await api.ask('/findings')).status).toBe(503);
      expect((await api.ask('/dimensions/account/values')).status).toBe(503);
      const state = await api.ask<Status>('/status');
      expect(state.body).toMatchObject({ findings: null, warehouse: { state: 'warming' } });
      SlowStore.open();
      await expect.poll(async () => (await api.post('/query', OPEN)).status).toBe(200);
    } finally {
      SlowStore.open();
      await api.close();
    }
  });
});

describe('while the bucket does not answer', () => {
  let api: Api;
  const [first, second] = reportsOf(1, ACCOUNTS).filter(({ source }) => source === 'prowler');
  const bring = <T>(report = second): Promise<Answered<T>> =>
    api.bring<T>(Buffer.from(report?.content() ?? ''));
  let away = false;

  /** A share that is not there any more, and comes back. */
  class Share extends FilesystemStore {
    override get(key: string) {
      return away ? Promise.reject(gone()) : super.get(key);
    }
    override put(...args: Parameters<FilesystemStore['put']>) {
      return away ? Promise.reject(gone()) : super.put(...args);
    }
    override async *list(prefix: string) {
      if (away) throw gone();
      yield* super.list(prefix);
    }
  }
  const gone = (): StoreError => new StoreError(`${api.folder} does not answer`, 'Check the network.');

  beforeAll(async () => {
    api = await startApi({ store: (folder) => new Share(folder) });
    expect((await bring(first)).status).toBe(200);
    await api.warehouse?.refresh();
  });
  afterEach(() => {
    away = false;
  });
  afterAll(() => api.close());

  it('what is there is served, and the state says that it is old', async () => {
    const before = await api.post<Batch>('/query', OPEN);
    away = true;
    await expect(api.warehouse?.refresh()).rejects.toThrow();
    const { status, body } = await api.post<Batch>('/query', OPEN);
    expect(status).toBe(200);
    expect(openIn(before.body)).toBeGreaterThan(50);
    expect(openIn(body)).toBe(openIn(before.body));
    const state = await api.ask<Status>('/status');
    expect(state.body.warehouse.state).toBe('ready');
    expect(state.body.warehouse.problem).not.toBeNull();
  });

  it('a report is not taken, and is when it is brought again', async () => {
    away = true;
    const { status, headers, body } = await bring<Problem>();
    expect([status, headers.get('retry-after'), body.title]).toEqual([503, '5', 'The store does not answer']);
    expect(body.detail).not.toContain(api.folder);
    away = false;
    const again = await bring<{ scopes: readonly { status: string }[] }>();
    expect([again.status, again.body.scopes[0]?.status]).toEqual([200, 'committed']);
  });
});

describe('many at once', () => {
  it('bring their reports, each as if it was alone', async () => {
    const api = await startApi({ warehouse: false });
    try {
      const reports = reportsOf(2, ACCOUNTS);
      const answers = await Promise.all(
        [...reports, ...reports].map((report) =>
          api.bring<{ scopes: readonly { scope: string; status: string }[]; report: unknown }>(
            Buffer.from(report.content()),
          ),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const statuses = answers.flatMap(({ body }) => body.scopes.map(({ status }) => status));
      expect(statuses.filter((status) => status === 'committed')).toHaveLength(reports.length);
      expect(statuses.filter((status) => status === 'already')).toHaveLength(reports.length);
      expect(answers.every(({ body }) => body.report !== null)).toBe(true);
      expect(await readHeads(api.committer)).toHaveLength(5);
      const latest = await api.ask<{ sightline: { accounts: readonly unknown[] } }>('/reports/latest');
      expect(latest.body.sightline.accounts).toHaveLength(2);
    } finally {
      await api.close();
    }
  });
});

describe('while the bucket can not be listed', () => {
  it('who sees only a part does not hear where it is, nor of the scopes of others', async () => {
    const where = 'the share /mnt/of/prowler/aws/111122223333';
    class Unlisted extends FilesystemStore {
      // eslint-disable-next-line require-yield -- it has nothing to give
      override async *list() {
        await Promise.reject(new StoreError(`${where} does not answer`, 'Check the network.'));
      }
    }
    const api = await startApi({
      tokens: [
        { name: 'all', roles: ['operator'] },
        { name: 'storefront', roles: ['viewer'], accounts: ['444455556666'] },
      ],
      store: (folder) => new Unlisted(folder),
      ready: false,
    });
    try {
      await expect(api.warehouse?.refresh()).rejects.toThrow(where);
      const problemFor = async (name: string): Promise<string | null> =>
        (await api.ask<Status>('/status', { headers: as(name) })).body.warehouse.problem;
      expect(await problemFor('all')).toContain(where);
      const told = await problemFor('storefront');
      expect(told).toContain('could not be read');
      expect(told).not.toContain('111122223333');
    } finally {
      await api.close();
    }
  });
});
