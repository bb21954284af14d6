import type { EpochMs } from '../../findings/model.ts';
import type { Week } from '../model.ts';
import { PARTNERS, type Place, SHOP } from './places.ts';
import { ALWAYS, isIn, type Span } from './weeks.ts';

/** Plugin, name and CWE as ZAP has them; the texts are ours. */
interface SiteAlert {
  readonly site: Place;
  readonly ref: string;
  readonly name: string;
  readonly risk: 0 | 1 | 2 | 3;
  readonly confidence: 1 | 2 | 3;
  readonly cwe: number;
  readonly desc: string;
  readonly solution: string;
  readonly paths: readonly string[];
  readonly param?: string;
  readonly open: readonly Span[];
}

const RISK = ['Informational', 'Low', 'Medium', 'High'] as const;
const CONFIDENCE = ['False Positive', 'Low', 'Medium', 'High'] as const;

export const ALERTS: readonly SiteAlert[] = [
  {
    site: SHOP,
    ref: '40012',
    name: 'Cross Site Scripting (Reflected)',
    risk: 3,
    confidence: 2,
    cwe: 79,
    desc: 'What is typed into the search comes back in the page as it is, script included.',
    solution: 'Encode every value for the place in the page where it is put.',
    paths: ['/search', '/search/suggest'],
    param: 'q',
    // Mended, and back with the redesign.
    open: [
      [1, 4],
      [9, 11],
    ],
  },
  {
    site: SHOP,
    ref: '40018',
    name: 'SQL Injection',
    risk: 3,
    confidence: 2,
    cwe: 89,
    desc: 'The filter of the order list is part of a query.',
    solution: 'Use parameters instead of building queries from text.',
    paths: ['/orders'],
    param: 'status',
    open: [[6, 7]],
  },
  {
    site: SHOP,
    ref: '10038-1',
    name: 'Content Security Policy (CSP) Header Not Set',
    risk: 2,
    confidence: 3,
    cwe: 693,
    desc: 'Nothing tells the browser where scripts may come from.',
    solution: 'Send a Content-Security-Policy header with every page.',
    paths: ['/', '/cart', '/checkout', '/search'],
    open: ALWAYS,
  },
  {
    site: SHOP,
    ref: '10035-1',
    name: 'Strict-Transport-Security Header Not Set',
    risk: 1,
    confidence: 3,
    cwe: 319,
    desc: 'A first visit may still happen without encryption.',
    solution: 'Send Strict-Transport-Security with a long max-age.',
    paths: ['/', '/cart'],
    open: [[1, 5]],
  },
  {
    site: SHOP,
    ref: '10010',
    name: 'Cookie No HttpOnly Flag',
    risk: 1,
    confidence: 2,
    cwe: 1004,
    desc: 'Scripts can read the cookie.',
    solution: 'Set HttpOnly on cookies that scripts do not need.',
    paths: ['/'],
    param: 'basket',
    open: ALWAYS,
  },
  {
    site: SHOP,
    ref: '10104',
    name: 'User Agent Fuzzer',
    risk: 0,
    confidence: 2,
    cwe: 0,
    desc: 'Answers differ by the browser that asks.',
    solution: '',
    paths: ['/', '/search'],
    param: 'Header User-Agent',
    open: ALWAYS,
  },
  {
    site: PARTNERS,
    ref: '10020-1',
    name: 'Missing Anti-clickjacking Header',
    risk: 2,
    confidence: 2,
    cwe: 1021,
    desc: 'Other sites can show this one in a frame.',
    solution: 'Send X-Frame-Options, or frame-ancestors in the Content Security Policy.',
    paths: ['/login'],
    open: [[1, 3]],
  },
  {
    site: PARTNERS,
    ref: '10202',
    name: 'Absence of Anti-CSRF Tokens',
    risk: 2,
    confidence: 1,
    cwe: 352,
    desc: 'A form has no token that another site could not know.',
    solution: 'Put an unpredictable token into each form that changes something.',
    paths: ['/settlement/approve', '/settlement/limits'],
    open: [[3, 12]],
  },
  {
    site: PARTNERS,
    ref: '10038-1',
    name: 'Content Security Policy (CSP) Header Not Set',
    risk: 2,
    confidence: 3,
    cwe: 693,
    desc: 'Nothing tells the browser where scripts may come from.',
    solution: 'Send a Content-Security-Policy header with every page.',
    paths: ['/', '/login'],
    open: [[1, 8]],
  },
  {
    site: PARTNERS,
    ref: '10096',
    name: 'Timestamp Disclosure - Unix',
    risk: 1,
    confidence: 1,
    cwe: 497,
    desc: 'A number in the page looks like a time.',
    solution: 'Check by hand that it tells nothing.',
    paths: ['/static/app.js'],
    open: ALWAYS,
  },
];

function alertObject(alert: SiteAlert): unknown {
  const instances = alert.paths.map((path, index) => ({
    id: String(index),
    uri: `${alert.site.account}${path}`,
    nodeName: `${alert.site.account}${path}`,
    method: 'GET',
    param: alert.param ?? '',
    attack: '',
    evidence: '',
    otherinfo: '',
  }));
  return {
    pluginid: alert.ref.replace(/-\d+$/, ''),
    alertRef: alert.ref,
    alert: alert.name,
    name: alert.name,
    riskcode: String(alert.risk),
    confidence: String(alert.confidence),
    riskdesc: `${RISK[alert.risk]} (${CONFIDENCE[alert.confidence]})`,
    desc: `<p>${alert.desc}</p>`,
    instances,
    count: String(instances.length),
    systemic: false,
    solution: alert.solution === '' ? '' : `<p>${alert.solution}</p>`,
    otherinfo: '',
    reference: alert.cwe === 0 ? '' : `<p>https://cwe.mitre.org/data/definitions/${alert.cwe}.html</p>`,
    cweid: alert.cwe === 0 ? '-1' : String(alert.cwe),
    wascid: '0',
    sourceid: '1',
  };
}

/** ZAP's traditional JSON report of one site. */
export function zapJson(site: Place, week: Week, at: EpochMs): string {
  const { hostname } = new URL(site.account);
  const report = {
    '@programName': 'ZAP',
    '@version': '2.16.1',
    '@generated': new Date(at).toUTCString().replace(' GMT', ''),
    created: new Date(at).toISOString(),
    site: [
      {
        '@name': site.account,
        '@host': hostname,
        '@port': '443',
        '@ssl': 'true',
        alerts: ALERTS.filter((alert) => alert.site === site && isIn(week, alert.open)).map(alertObject),
      },
    ],
    sequences: [],
  };
  return `${JSON.stringify(report, null, '\t')}\n`;
}
