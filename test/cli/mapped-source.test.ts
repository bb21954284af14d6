import { beforeAll, describe, expect, it } from 'vitest';
import { folderOf, sightline, start } from './support.ts';

// Two tools with the same columns: only whoever brings a file knows which it is of.
const FILES = {
  'sightline.yaml': ['first', 'second']
    .map(
      (id) => `
  - id: ${id}
    kind: findings
    cloud: aws
    columns: { rule: Policy, resource: Asset, severity: Risk, account: Owner }`,
    )
    .join('')
    .replace(/^/, 'generic:'),
  'report.csv': 'Policy,Asset,Risk,Owner\nopen-port,vm-1,HIGH,111122223333\n',
};

describe('a source that the configuration knows how to read', { timeout: 120_000 }, () => {
  let folder: string;
  beforeAll(() => {
    folder = folderOf(FILES);
  });
  const run = (...args: string[]) => sightline([...args, '--json', '--store', './data'], { cwd: folder });

  it('is chosen by parse and ingest with --source', async () => {
    const ambiguous = await run('parse', 'report.csv');
    expect(ambiguous.code).toBe(3);
    const { code, documents } = await run('parse', 'report.csv', '--source', 'second');
    expect(code).toBe(0);
    expect(documents).toMatchObject([{ source: 'second', open: 1 }]);
    const taken = await run('ingest', 'report.csv', '--source', 'first');
    expect(taken.code).toBe(0);
    expect(taken.stdout).toContain('first/aws/111122223333');
  });

  it('that there is not is refused with those that there are', async () => {
    for (const command of ['parse', 'ingest']) {
      const { code, stderr } = await run(command, 'report.csv', '--source', 'third');
      expect(code).toBe(2);
      expect(stderr).toContain('there is no source \\"third\\"');
      expect(stderr).toMatch(/prowler,.*first, second/);
    }
  });

  it('is chosen by uploads with ?source=', async () => {
    const server = await start([
      ...['serve', '--config', `${folder}/sightline.yaml`, '--store', `${folder}/uploads`, '--port', '0'],
    ]);
    try {
      const bring = async (source: string): Promise<{ status: number; text: string }> => {
        const response = await fetch(new URL(`/api/v1/ingest?source=${source}`, server.url), {
          method: 'POST',
          body: FILES['report.csv'],
        });
        return { status: response.status, text: await response.text() };
      };
      const taken = await bring('second');
      expect(taken.status).toBe(200);
      expect(taken.text).toContain('second/aws/111122223333');
      expect((await bring('third')).status).toBe(400);
    } finally {
      await server.stop();
    }
  });
});
