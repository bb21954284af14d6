import type { EpochMs } from '../../findings/model.ts';
import type { Week } from '../model.ts';
import { HOSTS, type Listener, type PerimeterHost, UNREACHABLE } from './perimeter.ts';
import { isIn } from './weeks.ts';

const VERSION = '7.95';
const MINUTES = 60_000;

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}

function attributes(of: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(of)
    .filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '')
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join('');
}

function versionIn({ version, updated }: Listener, week: Week): string {
  return updated !== undefined && week >= updated.week ? updated.version : version;
}

function vulners(listener: Listener, cpe: string, week: Week): string {
  const known = (listener.vulnerabilities ?? []).filter(({ open }) => isIn(week, open));
  if (known.length === 0) return '';
  const lines = known.map(({ id, cvss }) => `\t${id}\t${cvss}\thttps://vulners.com/cve/${id}`);
  const output = `\n  ${cpe}: \n    ${lines.join('\n    ')}`.replace(/\n/g, '&#xa;').replace(/\t/g, '&#x9;');
  const tables = known.map(
    ({ id, cvss }) =>
      `<table>\n<elem key="id">${id}</elem>\n<elem key="type">cve</elem>\n<elem key="is_exploit">false</elem>\n<elem key="cvss">${cvss.toFixed(1)}</elem>\n</table>`,
  );
  return `<script id="vulners" output="${output}"><table key="${cpe}">\n${tables.join('\n')}\n</table>\n</script>`;
}

function portElement(listener: Listener, week: Week): string {
  const version = versionIn(listener, week);
  const cpe = listener.cpe === undefined ? '' : `${listener.cpe}:${version}`;
  const service = attributes({
    name: listener.service,
    product: listener.product,
    version,
    tunnel: listener.tls === true ? 'ssl' : undefined,
    method: listener.product === '' ? 'table' : 'probed',
    conf: listener.product === '' ? '3' : '10',
  });
  return (
    `<port protocol="tcp" portid="${listener.port}"><state state="open" reason="syn-ack" reason_ttl="52"/>` +
    `<service${service}>${cpe === '' ? '' : `<cpe>${cpe}</cpe>`}</service>${vulners(listener, cpe, week)}</port>`
  );
}

function hostElement(host: PerimeterHost, week: Week, start: number, end: number): string {
  const hostnames = `<hostnames>\n<hostname name="${host.name}" type="user"/>\n</hostnames>`;
  if (host.name === UNREACHABLE.host && week === UNREACHABLE.week) {
    return `<host><status state="down" reason="no-response" reason_ttl="0"/>\n<address addr="${host.address}" addrtype="ipv4"/>\n${hostnames}\n</host>`;
  }
  const open = host.listeners.filter((listener) => isIn(week, listener.open));
  const rest = 65_535 - open.length;
  return [
    `<host starttime="${start}" endtime="${end}"><status state="up" reason="echo-reply" reason_ttl="52"/>`,
    `<address addr="${host.address}" addrtype="ipv4"/>`,
    hostnames,
    `<ports><extraports state="filtered" count="${rest}">\n<extrareasons reason="no-response" count="${rest}" proto="tcp"/>\n</extraports>`,
    ...open.map((listener) => portElement(listener, week)),
    '</ports>',
    '<times srtt="21034" rttvar="3120" to="100000"/>',
    '</host>',
  ].join('\n');
}

/** A report of `nmap -sS -sV -p- --script vulners -oX`, ended at `at`. */
export function nmapXml(week: Week, at: EpochMs): string {
  const end = Math.floor(at / 1000);
  const start = Math.floor((at - 42 * MINUTES) / 1000);
  const hosts = HOSTS.filter(({ since }) => since <= week);
  const args = `nmap -sS -sV -p- --script vulners -oX perimeter.xml ${hosts.map(({ name }) => name).join(' ')}`;
  const down = week === UNREACHABLE.week ? 1 : 0;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE nmaprun>',
    '<?xml-stylesheet href="file:///usr/bin/../share/nmap/nmap.xsl" type="text/xsl"?>',
    `<nmaprun scanner="nmap" args="${args}" start="${start}" version="${VERSION}" xmloutputversion="1.05">`,
    '<scaninfo type="syn" protocol="tcp" numservices="65535" services="1-65535"/>',
    '<verbose level="0"/>',
    '<debugging level="0"/>',
    ...hosts.map((host) => hostElement(host, week, start, end)),
    `<runstats><finished time="${end}" elapsed="${end - start}.00" summary="Nmap done" exit="success"/><hosts up="${hosts.length - down}" down="${down}" total="${hosts.length}"/>`,
    '</runstats>',
    '</nmaprun>',
    '',
  ].join('\n');
}
