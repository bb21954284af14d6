import { hash } from 'node:crypto';
import { ANY_RULE } from '../../findings/cells.ts';
import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { Scopes, type ScopeBuilder } from '../common/scopes.ts';
import { cvesIn, orNull, packageCorrelation, rated, severityOfCvss, timeOf } from '../common/values.ts';
import { withoutSecrets } from '../secrets/text.ts';
import { changeMatches } from '../secrets/xml.ts';
import { rootOf } from '../xml/detect.ts';
import { attribute, readXml } from '../xml/read.ts';
import { hostOf, type Host, type Port, type Vulnerability } from './schema.ts';

const OPEN_PORT = 'open-port';
/** Every port there is: what any other list of ports is a part of. */
const ALL_PORTS = new Set(['1-65535', '0-65535']);
const LONGEST_LIST = 40;
/** Stands in a comment and in the root: scripts are given passwords there (`--script-args`), proxies too. */
const COMMAND_LINE = /<(?:!-- |nmaprun\s[^<>]{0,500}?\bargs=")(?:Nmap [^<>]{0,200}? as: )?([^<>"]*)/dg;

export const nmap: SourceAdapter = {
  id: 'nmap',
  title: 'Nmap',
  formats: ['XML (-oX)'],
  identity: 'nmap/1',
  about: {
    mode: 'snapshot',
    scope: '`network`; the account that the caller names, else `perimeter`',
    identity:
      'host (the name asked for, else the address) and port/protocol; for the script vulners the vulnerability too',
    closes: 'the same ports of the host were scanned, or all of them, the host was up, and Nmap finished',
    severity: 'an open port INFORMATIONAL; vulners by its CVSS score',
  },
  cellsOfHost: (host) => ['tcp', 'udp', 'sctp'].map((protocol) => `${host}/${protocol}@*`),
  detect: (head) => rootOf(head)?.name === 'nmaprun',
  redact: (input) => changeMatches(input, COMMAND_LINE, withoutSecrets),
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

/** What Nmap was asked to look at, by protocol: `1-1000,8080`. */
type PortLists = Map<string, string>;

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const scopes = new Scopes({ source: 'nmap', mode: 'snapshot', rulesAreExhaustive: true });
  const scope = scopes.of(options.place?.cloud ?? 'network', options.place?.account ?? 'perimeter');
  const lists: PortLists = new Map();
  const hosts: Host[] = [];
  let root = '';
  let finished = '';
  readXml(input, options, {
    whole: new Set(['host']),
    open: (name, attributes, path) => {
      const element = { attributes };
      if (path.length === 0) {
        root = name;
        scope.version = orNull(attribute(element, 'version'));
        scope.seenAt(timeOf(attribute(element, 'start')));
      }
      if (name === 'scaninfo') lists.set(attribute(element, 'protocol'), attribute(element, 'services'));
      if (name === 'finished') {
        finished = attribute(element, 'exit') || 'success';
        scope.seenAt(timeOf(attribute(element, 'time')));
      }
    },
    element: (element) => hosts.push(hostOf(element)),
  });
  if (root !== 'nmaprun') throw wrongShape(input.name, 'Nmap', `its root is ${root}`);
  if (finished !== 'success') {
    scope.outcome = 'failed';
    scope.note(finished === '' ? 'Nmap did not finish' : `Nmap ended with ${finished}`);
  }
  for (const host of hosts) addHost(scope, host, lists);
  return scopes.reports();
}

function addHost(scope: ScopeBuilder, host: Host, lists: PortLists): void {
  const name = host.askedName || host.address;
  if (name === '') return;
  if (host.status !== 'up') {
    // A host that answers no ping may be gone or only filtered: nothing is known of its ports.
    scope.note(`${name} is ${host.status}: not looked at`);
    return;
  }
  const cells = new Map<string, string>();
  for (const [protocol, ports] of lists) {
    const cell = (list: string): string => `${name}/${protocol}@${list}`;
    cells.set(protocol, cell(shortList(ports)));
    if (host.timedOut) continue;
    scope.cover(cell(ALL_PORTS.has(ports) ? '*' : shortList(ports)), ANY_RULE);
  }
  if (host.timedOut) scope.note(`${name} took too long: its ports were not all looked at`);
  for (const port of host.open) {
    const cell = cells.get(port.protocol) ?? `${name}/${port.protocol}@unknown`;
    addPort(scope, host, name, port, cell);
  }
}

/** Lists of a thousand ports are known by their digest. */
function shortList(ports: string): string {
  const list = ports.replace(/\s+/g, '');
  return list.length <= LONGEST_LIST
    ? list
    : `${list.split(',').length} ranges ${hash('sha256', list).slice(0, 12)}`;
}

function addPort(scope: ScopeBuilder, host: Host, name: string, port: Port, cell: string): void {
  const locator = `${port.port}/${port.protocol}`;
  const service = port.service === '' || port.service === 'unknown' ? locator : port.service;
  const software = [port.product, port.version].filter((word) => word !== '').join(' ');
  const where = {
    cell,
    region: 'global',
    service,
    resourceType: 'host',
    resourceId: name,
    resourceName: orNull(host.reverseName || host.askedName || host.address),
  } as const;
  scope.observe({
    ...where,
    class: 'exposure',
    locator,
    ruleId: OPEN_PORT,
    title: `Port ${locator} is open`,
    description: `${name} answers on port ${locator}${software === '' ? '' : `: ${software}`}${port.tunnel === '' ? '' : ` over ${port.tunnel}`}.`,
    package: orNull(software),
    rating: rated('INFORMATIONAL', null),
  });
  scope.checkedUnknown(service);
  for (const vulnerability of port.vulnerabilities) addVulnerability(scope, where, locator, vulnerability);
}

function addVulnerability(
  scope: ScopeBuilder,
  where: Pick<Parameters<ScopeBuilder['observe']>[0], 'cell' | 'service' | 'resourceId'>,
  locator: string,
  { id, cvss, type, exploit, cpe }: Vulnerability,
): void {
  if (id === '') return;
  const severity = cvss === null ? 'MEDIUM' : severityOfCvss(cvss);
  const product = cpe
    .replace(/^cpe:\/?(?:2\.3:)?/, '')
    .split(':')
    .slice(0, 3)
    .join(':');
  scope.observe({
    ...where,
    class: 'vulnerability',
    region: 'global',
    resourceType: 'host',
    // The product, not its version: an update that does not mend it is no new finding.
    locator: product === '' ? locator : `${locator} ${product}`,
    ruleId: id,
    title: `${id} in ${product === '' ? 'the service' : product} on port ${locator}`,
    description: exploit ? 'Exploit code is public.' : null,
    references: [`https://vulners.com/${type === '' ? 'search' : type}/${encodeURIComponent(id)}`],
    cve: cvesIn(id),
    cvss,
    package: orNull(cpe),
    correlationKey: packageCorrelation(id, product.split(':').at(-1) ?? ''),
    rating: rated(severity, cvss === null ? null : String(cvss), cvss),
  });
}
