import { ANY_RULE } from '../../findings/cells.ts';
import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { Scopes, type ScopeBuilder } from '../common/scopes.ts';
import { cvesIn, firstOf, linksOf, orNull, prose, rated } from '../common/values.ts';
import { withoutAddressSecrets } from '../common/web.ts';
import { headOf } from '../input/head.ts';
import { peekJson } from '../json/peek.ts';
import { type Facts, readRecords } from '../json/records.ts';
import { secretMark } from '../secrets/mark.ts';
import { withoutSecrets } from '../secrets/text.ts';
import { changeMatches } from '../secrets/xml.ts';
import { rootOf } from '../xml/detect.ts';
import { attribute, readXml } from '../xml/read.ts';
import { itemOf, NiktoItem } from './schema.ts';

export const nikto: SourceAdapter = {
  id: 'nikto',
  title: 'Nikto',
  formats: ['XML (-Format xml; version 2.1 and later)', 'JSON (-Format json)'],
  identity: 'nikto/1',
  about: {
    mode: 'snapshot',
    scope: '`web`; the site (`https://shop.example:443`)',
    identity: 'test, method and path',
    closes: 'the site was scanned and the answer is another one',
    severity: 'none of its own: with an OSVDB entry MEDIUM, else INFORMATIONAL',
  },
  detect: (head) => {
    const root = rootOf(head)?.name;
    if (root !== undefined)
      return root === 'niktoscan' || (root === 'scandetails' && head.includes('osvdbid'));
    const members = peekJson(head)?.members;
    return (
      members !== undefined && members.has('vulnerabilities') && members.has('host') && members.has('port')
    );
  },
  redact: (input) => changeMatches(input, COMMAND_LINE, withoutLogin),
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

const COMMAND_LINE = /<niktoscan\s[^<>]{0,500}?\boptions="([^<>"]*)/dg;

/** `-id user:password` is Nikto's own. */
function withoutLogin(options: string): string {
  const login = /(\s-id\s+[^\s:]+:)(\S+)/g;
  return withoutSecrets(options).replace(login, (whole: string, before: string, secret: string) =>
    secret.startsWith('[redacted') ? whole : `${before}${secretMark(secret)}`,
  );
}

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const scopes = new Scopes({ source: 'nikto', mode: 'snapshot', rulesAreExhaustive: true });
  if (headOf(input).startsWith('<')) readNiktoXml(input, options, scopes);
  else readNiktoJson(input, options, scopes);
  return scopes.reports();
}

function siteOf(input: ReportInput, options: ReadOptions, scopes: Scopes, site: string): ScopeBuilder {
  const account = site.toLowerCase().replace(/\/+$/, '');
  if (account === '') throw wrongShape(input.name, 'Nikto', 'it names no host');
  const scope = scopes.of(options.place?.cloud ?? 'web', account);
  scope.cover('nikto', ANY_RULE);
  return scope;
}

function readNiktoXml(input: ReportInput, options: ReadOptions, scopes: Scopes): void {
  let root = '';
  let version = '';
  let scope: ScopeBuilder | undefined;
  readXml(input, options, {
    whole: new Set(['item']),
    open: (name, attributes, path) => {
      const element = { attributes };
      if (path.length === 0) root = name;
      if (name === 'niktoscan') version = attribute(element, 'version') || version;
      if (name !== 'scandetails') return;
      const host = firstOf(attribute(element, 'targethostname'), attribute(element, 'targetip'));
      const port = attribute(element, 'targetport');
      const named = /^https?:\/\/[^/]+/i.exec(attribute(element, 'sitename'))?.[0] ?? '';
      // Times are in the zone of the machine, which is not said.
      scope = siteOf(
        input,
        options,
        scopes,
        named || schemeOf(port) + host + (port === '' ? '' : `:${port}`),
      );
      scope.version = orNull(version);
      const errors = Number(attribute(element, 'errors'));
      if (errors > 0) scope.note(`${errors} requests failed`);
    },
    element: (element) => {
      if (scope === undefined) throw wrongShape(input.name, 'Nikto', 'it has an item outside scandetails');
      addItem(scope, itemOf(element), input);
    },
  });
  if (root !== 'niktoscan' && root !== 'scandetails')
    throw wrongShape(input.name, 'Nikto', `its root is ${root}`);
}

function schemeOf(port: string): string {
  return port === '443' || port === '8443' ? 'https://' : 'http://';
}

function readNiktoJson(input: ReportInput, options: ReadOptions, scopes: Scopes): void {
  let scope: ScopeBuilder | undefined;
  const fact = (facts: Facts, name: string): string => {
    const value = facts.get(name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  readRecords(
    input,
    options,
    { tool: 'Nikto', lists: ['vulnerabilities'], facts: ['host', 'ip', 'port'], bare: false },
    {
      document: (facts) => {
        const host = firstOf(fact(facts, 'host'), fact(facts, 'ip'));
        const port = fact(facts, 'port');
        scope = siteOf(input, options, scopes, host === '' ? '' : `${schemeOf(port)}${host}:${port}`);
      },
      record: ({ value }) => {
        if (scope !== undefined) addItem(scope, NiktoItem.parse(value), input);
      },
    },
  );
}

function addItem(scope: ScopeBuilder, item: NiktoItem, input: ReportInput): void {
  if (item.id === '' && item.msg === '')
    throw wrongShape(input.name, 'Nikto', 'one of its items says nothing');
  const path = withoutAddressSecrets(item.url);
  const known = item.OSVDB !== '' && item.OSVDB !== '0';
  const message = withoutSecrets(item.msg);
  scope.observe({
    cell: 'nikto',
    class: 'compliance',
    service: 'web',
    resourceType: 'site',
    resourceId: scope.account,
    locator: locatorOf(item, path),
    ruleId: item.id || 'nikto',
    title: prose(message.split(/(?<=\.)\s/, 1)[0])?.slice(0, 200) ?? `Test ${item.id}`,
    description: prose(`${item.method} ${path}: ${message}`.trim()),
    references: linksOf([item.references]),
    cve: cvesIn(item.msg, item.references),
    rating: rated(known ? 'MEDIUM' : 'INFORMATIONAL', null),
    order: item.msg,
  });
  scope.checkedUnknown('web');
}

/**
 * To know what its answer to a missing page looks like, Nikto asks for names that it makes up, others in each run: `/tldH5dDP.`,
 * `/iqeVqbOU.php`. What shows there of headers shows on any page that is not there.
 */
const MADE_UP = /^\/(?=[^.]*[a-z])(?=[^.]*(?:\d|.[A-Z]))[A-Za-z0-9]{8}(?=\.[a-z0-9]*$)/;

function locatorOf({ method, msg }: NiktoItem, path: string): string {
  const header = headerOf(msg);
  const lasting = header === '' ? path : path.replace(MADE_UP, '/…');
  return [method, lasting, header].filter((part) => part !== '').join(' ');
}

/** One test reports several headers of a page: the header’s name tells them apart, its value changes. */
function headerOf(message: string): string {
  const found = /header '([^']+)'/i.exec(message) ?? /via header: *([\w-]+):/i.exec(message);
  return (found ?? /(?:Retrieved|Uncommon) ([\w-]+) header/i.exec(message))?.[1]?.toLowerCase() ?? '';
}
