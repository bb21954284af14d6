import { ALWAYS, type Span } from './weeks.ts';

/** What the perimeter answers with, as data. */
export interface Listener {
  readonly port: number;
  readonly service: string;
  readonly product: string;
  readonly version: string;
  /** From a week on, another version. */
  readonly updated?: { readonly week: number; readonly version: string };
  readonly tls?: true;
  readonly cpe?: string;
  readonly open: readonly Span[];
  readonly vulnerabilities?: readonly KnownVulnerability[];
}

export interface KnownVulnerability {
  readonly id: string;
  readonly cvss: number;
  /** From its publication until the update. */
  readonly open: readonly Span[];
}

export interface PerimeterHost {
  readonly name: string;
  readonly address: string;
  /** First week in which it is scanned. */
  readonly since: number;
  readonly listeners: readonly Listener[];
}

const https = (product: string, version: string): Listener => ({
  port: 443,
  service: 'http',
  product,
  version,
  tls: true,
  open: ALWAYS,
});

/** Remote desktop of the ERP server, opened for a contractor in week 8 and forgotten: the exposure that dashboards are to show. */
export const EXPOSURE = { host: 'erp.fernhollow.example', port: 3389, week: 8 } as const;
/** The host does not answer in this week, so that nothing is known of its ports. */
export const UNREACHABLE = { host: 'partners.fernhollow.example', week: 7 } as const;

export const HOSTS: readonly PerimeterHost[] = [
  {
    name: 'shop.fernhollow.example',
    address: '198.51.100.10',
    since: 1,
    listeners: [
      { port: 80, service: 'http', product: 'nginx', version: '1.24.0', open: ALWAYS },
      https('nginx', '1.24.0'),
      { port: 8080, service: 'http-proxy', product: '', version: '', open: [[1, 3]] },
    ],
  },
  {
    name: 'partners.fernhollow.example',
    address: '198.51.100.11',
    since: 1,
    listeners: [https('Apache httpd', '2.4.58')],
  },
  {
    name: 'vpn.fernhollow.example',
    address: '198.51.100.12',
    since: 1,
    listeners: [
      https('', ''),
      { port: 1194, service: 'openvpn', product: 'OpenVPN', version: '', open: ALWAYS },
    ],
  },
  {
    name: 'mail.fernhollow.example',
    address: '198.51.100.13',
    since: 1,
    listeners: [
      { port: 25, service: 'smtp', product: 'Postfix smtpd', version: '', open: ALWAYS },
      { port: 465, service: 'smtps', product: 'Postfix smtpd', version: '', tls: true, open: ALWAYS },
      { port: 993, service: 'imaps', product: 'Dovecot imapd', version: '', tls: true, open: ALWAYS },
    ],
  },
  {
    name: 'bastion.fernhollow.example',
    address: '198.51.100.14',
    since: 1,
    listeners: [
      {
        port: 22,
        service: 'ssh',
        product: 'OpenSSH',
        version: '8.9p1',
        updated: { week: 9, version: '9.8p1' },
        cpe: 'cpe:/a:openbsd:openssh',
        open: ALWAYS,
        vulnerabilities: [
          { id: 'CVE-2023-38408', cvss: 9.8, open: [[1, 8]] },
          { id: 'CVE-2024-6387', cvss: 8.1, open: [[5, 8]] },
          { id: 'CVE-2023-48795', cvss: 5.9, open: [[1, 8]] },
        ],
      },
    ],
  },
  {
    name: EXPOSURE.host,
    address: '198.51.100.15',
    since: 1,
    listeners: [
      https('Microsoft IIS httpd', '10.0'),
      {
        port: EXPOSURE.port,
        service: 'ms-wbt-server',
        product: 'Microsoft Terminal Services',
        version: '',
        open: [[EXPOSURE.week, 12]],
      },
    ],
  },
  {
    name: 'build.fernhollow.example',
    address: '198.51.100.16',
    since: 5,
    listeners: [
      https('nginx', '1.26.1'),
      { port: 5432, service: 'postgresql', product: 'PostgreSQL DB', version: '14.5', open: [[5, 6]] },
    ],
  },
];
