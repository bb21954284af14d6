import type { EpochMs } from '../../findings/model.ts';
import { type Chance, sha1, uuid } from '../random.ts';
import { CLUSTER } from './places.ts';
import { isIn, type Span } from './weeks.ts';

/** Rules and tags as in Falco's own rule set. */
interface Rule {
  readonly rule: string;
  readonly priority: string;
  readonly tags: readonly string[];
  readonly sentence: string;
  /** Workloads that it happens in. */
  readonly workloads: readonly string[];
  /** Events a day and workload that are to be expected. */
  readonly rate: number;
  readonly open: readonly Span[];
}

interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  readonly image: string;
}

const WORKLOADS: Readonly<Record<string, Workload>> = {
  storefront: {
    namespace: 'shop',
    name: 'storefront',
    container: 'web',
    image: 'registry.fernhollow.example/shop/web',
  },
  search: {
    namespace: 'shop',
    name: 'search',
    container: 'search',
    image: 'registry.fernhollow.example/shop/search',
  },
  api: {
    namespace: 'payments',
    name: 'api',
    container: 'api',
    image: 'registry.fernhollow.example/payments/api',
  },
  etl: { namespace: 'data', name: 'etl', container: 'etl', image: 'registry.fernhollow.example/data/etl' },
  notebooks: {
    namespace: 'data',
    name: 'notebooks',
    container: 'jupyter',
    image: 'quay.example/jupyter/base',
  },
};

/** In week 10 somebody runs a miner in a notebook that anyone could reach. */
export const INTRUSION = {
  week: 10,
  workload: 'notebooks',
  rule: 'Drop and execute new binary in container',
} as const;

const ALL_YEAR: readonly Span[] = [[1, 12]];
const RULES: readonly Rule[] = [
  {
    rule: 'Terminal shell in container',
    priority: 'Notice',
    tags: ['maturity_stable', 'container', 'shell', 'mitre_execution', 'T1059'],
    sentence: 'A shell was spawned in a container with an attached terminal',
    workloads: ['storefront', 'etl', 'notebooks'],
    rate: 0.25,
    open: ALL_YEAR,
  },
  {
    rule: 'Read sensitive file untrusted',
    priority: 'Warning',
    tags: ['maturity_stable', 'host', 'container', 'filesystem', 'mitre_credential_access', 'T1555'],
    sentence: 'Sensitive file opened for reading by non-trusted program',
    workloads: ['search', 'notebooks'],
    rate: 0.12,
    open: ALL_YEAR,
  },
  {
    rule: 'Contact K8S API Server From Container',
    priority: 'Notice',
    tags: ['maturity_stable', 'container', 'network', 'k8s', 'mitre_discovery', 'T1565'],
    sentence: 'Unexpected connection to K8s API Server from container',
    workloads: ['etl', 'search'],
    rate: 0.8,
    open: [[1, 6]],
  },
  {
    rule: 'Redirect STDOUT/STDIN to Network Connection in Container',
    priority: 'Notice',
    tags: ['maturity_stable', 'container', 'network', 'process', 'mitre_execution', 'T1059'],
    sentence: 'Redirect stdout/stdin to network connection',
    workloads: ['api'],
    rate: 0.06,
    open: ALL_YEAR,
  },
  {
    rule: INTRUSION.rule,
    priority: 'Critical',
    tags: ['maturity_stable', 'container', 'process', 'mitre_persistence', 'TA0003'],
    sentence: 'Executing binary not part of base image',
    workloads: [INTRUSION.workload],
    rate: 6,
    open: [[INTRUSION.week, INTRUSION.week]],
  },
  {
    rule: 'Detect outbound connections to common miner pool ports',
    priority: 'Critical',
    tags: ['maturity_sandbox', 'host', 'container', 'network', 'mitre_impact', 'T1496'],
    sentence: 'Outbound connection to IP/Port flagged by https://cryptoioc.ch',
    workloads: [INTRUSION.workload],
    rate: 4,
    open: [[INTRUSION.week, INTRUSION.week]],
  },
];

const DAY = 86_400_000;
const HASH = 'bcdfghjklmnpqrstvwxz2456789';

/** The letters that Kubernetes makes names of. */
function podHash(text: string, length: number): string {
  const digits = sha1(text);
  return Array.from({ length }, (_, index) =>
    HASH.charAt(parseInt(digits.slice(index * 2, index * 2 + 2), 16) % HASH.length),
  ).join('');
}

function eventLine(rule: Rule, workload: Workload, week: number, at: EpochMs): string {
  const pod = `${workload.name}-${podHash(`${workload.name} ${week}`, 10)}-${podHash(`${workload.name} ${at}`, 5)}`;
  const iso = new Date(at).toISOString();
  const nanos = `${String(at % 1000).padStart(3, '0')}000000`;
  return JSON.stringify({
    uuid: uuid(`${rule.rule} ${workload.name} ${at}`),
    output: `${iso.slice(11, 19)}.${nanos}: ${rule.priority} ${rule.sentence} (container=${workload.container} image=${workload.image} pod=${pod} ns=${workload.namespace})`,
    output_fields: {
      'container.id': sha1(pod).slice(0, 12),
      'container.image.repository': workload.image,
      'container.name': workload.container,
      'evt.time': at * 1_000_000,
      'k8s.cluster.name': CLUSTER.account,
      'k8s.ns.name': workload.namespace,
      'k8s.pod.name': pod,
      'proc.cmdline': 'sh',
      'user.name': 'root',
    },
    priority: rule.priority,
    rule: rule.rule,
    source: 'syscall',
    tags: rule.tags,
    hostname: `node-${1 + (at % 3)}.prod-eu.fernhollow.example`,
    time: `${iso.slice(0, 19)}.${nanos}Z`,
  });
}

/** What happened in the day before `until`, one event a line, in order of time. */
export function falcoEvents(chance: Chance, week: number, until: EpochMs): string {
  const day = Math.floor(until / DAY);
  const events: { at: EpochMs; line: string }[] = [];
  for (const rule of RULES) {
    if (!isIn(week, rule.open)) continue;
    for (const key of rule.workloads) {
      const workload = WORKLOADS[key];
      if (workload === undefined) continue;
      const dice = chance('events', rule.rule, key, day);
      const count = Math.floor(rule.rate) + (dice < rule.rate % 1 ? 1 : 0);
      for (let nth = 0; nth < count; nth++) {
        const at = until - 1000 - Math.floor(chance('time', rule.rule, key, day, nth) * (DAY - 60_000));
        events.push({ at, line: eventLine(rule, workload, week, at) });
      }
    }
  }
  events.sort((a, b) => a.at - b.at);
  // Falco says now and then that all is well; the day's last line, so that a quiet day is a report, too.
  events.push({ at: until, line: heartbeat(until) });
  return `${events.map(({ line }) => line).join('\n')}\n`;
}

function heartbeat(at: EpochMs): string {
  return JSON.stringify({
    output: 'Falco internal: syscall event drop. 3 system calls dropped in last second.',
    output_fields: { 'k8s.cluster.name': CLUSTER.account, n_drops: 3 },
    priority: 'Debug',
    rule: 'Falco internal: syscall event drop',
    source: 'internal',
    tags: [],
    hostname: 'node-1.prod-eu.fernhollow.example',
    time: new Date(at).toISOString(),
  });
}
