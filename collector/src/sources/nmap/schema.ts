import { attribute, childNamed, childrenNamed, type XmlElement } from '../xml/read.ts';

/** A port that answered. */
export interface Port {
  readonly protocol: string;
  readonly port: string;
  /** `ssh`; '' where nmap knows none. */
  readonly service: string;
  readonly product: string;
  readonly version: string;
  readonly tunnel: string;
  readonly cpes: readonly string[];
  readonly vulnerabilities: readonly Vulnerability[];
}

/** A row of the table that the NSE script `vulners` makes. */
export interface Vulnerability {
  readonly id: string;
  readonly cvss: number | null;
  readonly type: string;
  readonly exploit: boolean;
  readonly cpe: string;
}

export interface Host {
  /** `up`, `down`, `unknown` or `skipped`. */
  readonly status: string;
  readonly timedOut: boolean;
  readonly address: string;
  /** As it was asked for on the command line; '' where an address or a network was. */
  readonly askedName: string;
  /** As the address resolves back. */
  readonly reverseName: string;
  readonly open: readonly Port[];
  readonly protocols: ReadonlySet<string>;
  readonly endTime: string;
}

function nameOf(host: XmlElement, type: string): string {
  const names = childNamed(host, 'hostnames');
  const found = names && childrenNamed(names, 'hostname').find((name) => attribute(name, 'type') === type);
  return found === undefined ? '' : attribute(found, 'name').toLowerCase().replace(/\.$/, '');
}

function addressOf(host: XmlElement): string {
  const addresses = childrenNamed(host, 'address');
  const ip = addresses.find((address) => attribute(address, 'addrtype').startsWith('ip')) ?? addresses[0];
  return ip === undefined ? '' : attribute(ip, 'addr').toLowerCase();
}

export function hostOf(element: XmlElement): Host {
  const status = childNamed(element, 'status');
  const ports = childrenNamed(element, 'ports').flatMap((list) => list.children);
  const open: Port[] = [];
  const protocols = new Set<string>();
  for (const port of ports) {
    if (port.name === 'extraports') {
      for (const reason of childrenNamed(port, 'extrareasons')) protocols.add(attribute(reason, 'proto'));
    } else if (port.name === 'port') {
      protocols.add(attribute(port, 'protocol').toLowerCase());
      const state = childNamed(port, 'state');
      if (state !== undefined && attribute(state, 'state') === 'open') open.push(portOf(port));
    }
  }
  protocols.delete('');
  return {
    status: status === undefined ? 'up' : attribute(status, 'state'),
    timedOut: attribute(element, 'timedout') === 'true',
    address: addressOf(element),
    askedName: nameOf(element, 'user'),
    reverseName: nameOf(element, 'PTR'),
    open,
    protocols,
    endTime: attribute(element, 'endtime'),
  };
}

function portOf(port: XmlElement): Port {
  const service = childNamed(port, 'service');
  const of = (name: string): string => (service === undefined ? '' : attribute(service, name));
  return {
    protocol: attribute(port, 'protocol').toLowerCase(),
    port: attribute(port, 'portid'),
    service: of('name').toLowerCase(),
    product: of('product'),
    version: of('version'),
    tunnel: of('tunnel'),
    cpes: service === undefined ? [] : childrenNamed(service, 'cpe').map(({ text }) => text.trim()),
    vulnerabilities: childrenNamed(port, 'script')
      .filter((script) => attribute(script, 'id') === 'vulners')
      .flatMap(vulnerabilitiesOf),
  };
}

/** `table key=<cpe>` holds a table per vulnerability; nmap before 7.60 wrote text only, which is read line by line. */
function vulnerabilitiesOf(script: XmlElement): Vulnerability[] {
  const tables = childrenNamed(script, 'table');
  if (tables.length === 0) return vulnerabilitiesOfText(attribute(script, 'output'));
  return tables.flatMap((table) =>
    childrenNamed(table, 'table').map((row) => {
      const of = (key: string): string =>
        childrenNamed(row, 'elem')
          .find((elem) => attribute(elem, 'key') === key)
          ?.text.trim() ?? '';
      return {
        id: of('id'),
        cvss: scoreOf(of('cvss')),
        type: of('type'),
        exploit: of('is_exploit') === 'true',
        cpe: attribute(table, 'key'),
      };
    }),
  );
}

/** `  CVE-2018-15919  5.0  https://vulners.com/cve/CVE-2018-15919` below `  cpe:/a:openbsd:openssh:7.4:` */
function vulnerabilitiesOfText(output: string): Vulnerability[] {
  let cpe = '';
  return output.split(/\r?\n/).flatMap((line) => {
    const heading = /^\s*(cpe:\S+?):?\s*$/.exec(line);
    if (heading !== null) cpe = heading[1] ?? '';
    const row = /^\s*(\S+)\s+(\d{1,2}(?:\.\d+)?)\s+https:\/\/vulners\.com\/(\w+)\//.exec(line);
    if (row === null) return [];
    const [, id = '', cvss = '', type = ''] = row;
    return [{ id, cvss: scoreOf(cvss), type, exploit: line.includes('*EXPLOIT*'), cpe }];
  });
}

function scoreOf(text: string): number | null {
  const score = Number(text);
  return text !== '' && score >= 0 && score <= 10 ? score : null;
}
