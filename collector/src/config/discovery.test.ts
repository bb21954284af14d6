import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse.ts';

const CREDENTIALS = `
credentials:
  reader: { azure: { tenantId: t, clientId: c, clientSecret: { env: SECRET } } }
`;

const problem = (text: string): string => {
  try {
    parseConfig(`${CREDENTIALS}${text}`, 'sightline.yaml', {});
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
};

describe('discoveries in the configuration', () => {
  it('are of AWS, Azure and Google Cloud, each with what it calls its parts', () => {
    const text = `
discovery:
  - { name: organization, aws: { include: { ous: [ou-1] } } }
  - { name: tenant, azure: { credentials: reader, exclude: { managementGroups: [sandboxes] } } }
  - { name: google, gcp: { include: { folders: ['12', organizations/3], labels: { scan: 'yes' } } } }
`;
    expect(problem(text)).toBe('');
    expect(parseConfig(`${CREDENTIALS}${text}`, 'sightline.yaml', {}).discovery).toMatchObject([
      { aws: { teamTag: 'team' }, refresh: 3_600_000, minimumShare: 0.5 },
      { azure: { environmentTag: 'environment' } },
      { gcp: { teamLabel: 'team', include: { labels: { scan: ['yes'] } } } },
    ]);
  });

  it.each([
    ['{ name: a }', 'must have exactly one of aws, azure and gcp'],
    ['{ name: a, azure: {}, gcp: {} }', 'must have exactly one of aws, azure and gcp'],
    ['{ name: a, gcp: { credentials: reader } }', 'discovery[0].gcp.credentials: is of azure'],
    ['{ name: a, azure: { credentials: other } }', 'is no entry of `credentials`'],
    ['{ name: a, gcp: { include: { folders: [prod] } } }', 'must be like folders/123 or organizations/456'],
    ['{ name: a, azure: { include: { ous: [x] } } }', 'ous'],
  ])('are refused where they can not mean anything: %s', (entry, message) => {
    expect(problem(`discovery:\n  - ${entry}\n`)).toContain(message);
  });

  it('send tokens nowhere in the clear', () => {
    const at = (address: string): string =>
      problem(
        `  other: { azure: { tenantId: t, clientId: c, clientSecret: { env: S }, authorityHost: '${address}' } }\n`,
      );
    expect(at('https://login.chinacloudapi.cn')).toBe('');
    expect(at('http://127.0.0.1:8080')).toBe('');
    expect(at('http://login.example.org')).toContain('must be an address with https');
  });
});
