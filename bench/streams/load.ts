import * as net from 'node:net';
import { parseArgs } from 'node:util';
import { percentile } from '../harness/percentile.ts';

/**
 * Pushes events as many nodes with Falco do: each connection sends a request, waits for its answer, and sends the next. A process of
 * its own; at the end it says on standard output what was acknowledged.
 */

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    token: { type: 'string', default: '' },
    connections: { type: 'string', default: '4000' },
    /** Events in a request. */
    batch: { type: 'string', default: '1' },
    /** Events in a second; 0: as fast as answers come. */
    rate: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '10' },
  },
});
const [port, connections, batch, rate, seconds] = [
  values.port,
  values.connections,
  values.batch,
  values.rate,
  values.seconds,
].map(Number) as [number, number, number, number, number];

const RULES = 30;
const NAMESPACES = 20;
const PODS = 100;
const VARIANTS = 600;
/** Requests that are owed are sent so often. */
const TICK_MS = 5;

function eventOf(number: number): string {
  const time = new Date().toISOString().replace('Z', '123456Z');
  const pod = `storefront-6d8f9c7b5d-x${number % PODS}`;
  const namespace = `shop-${number % NAMESPACES}`;
  const command = `bash -c "ls /srv/${number}"`;
  return JSON.stringify({
    hostname: `node-${number % 40}.example`,
    output: `${time.slice(11, 23)}000000: Notice A shell was spawned in a container with an attached terminal (evt_type=execve user=root user_uid=0 user_loginuid=-1 process=bash proc_exepath=/usr/bin/bash parent=runc command=${command} terminal=34816 container_id=3ad7b26ded6d container_name=web k8s_ns=${namespace} k8s_pod_name=${pod})`,
    output_fields: {
      'container.id': '3ad7b26ded6d',
      'container.image.repository': 'registry.example/shop/web',
      'container.name': 'web',
      'evt.time': 1788750764120,
      'k8s.cluster.name': 'prod-eu',
      'k8s.ns.name': namespace,
      'k8s.pod.name': pod,
      'proc.cmdline': command,
      'proc.pname': 'runc',
      'user.name': 'root',
    },
    priority: 'Notice',
    rule: `Terminal shell in container ${number % RULES}`,
    source: 'syscall',
    tags: ['T1059', 'container', 'maturity_stable', 'mitre_execution', 'shell'],
    time,
  });
}

function requestOf(number: number): Buffer {
  const body = Array.from({ length: batch }, (_, index) => eventOf(number * batch + index)).join('\n');
  const head = [
    'POST /api/v1/falco HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'User-Agent: falcosecurity/falco',
    'Accept: */*',
    'Content-Type: application/json',
    ...(values.token === '' ? [] : [`Authorization: Bearer ${values.token}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

interface Connection {
  readonly socket: net.Socket;
  sentAt: number;
  answer: string;
}

const requests = Array.from({ length: Math.max(3, Math.ceil(VARIANTS / batch)) }, (_, number) =>
  requestOf(number),
);
const idle: Connection[] = [];
const times: number[] = [];
const statuses = new Map<string, number>();
let broken = 0;
let sent = 0;
let underWay = 0;
/** Requests that were owed when no connection was free: the server was slower than they came. */
let late = 0;

function send(connection: Connection): void {
  const request = requests[sent % requests.length];
  if (request === undefined) throw new RangeError('there are no requests');
  sent++;
  underWay++;
  connection.sentAt = performance.now();
  connection.answer = '';
  connection.socket.write(request);
}

function whole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 'NaN');
  return end !== -1 && answer.length >= end + 4 + length;
}

async function connect(): Promise<Connection> {
  const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
  socket.setEncoding('latin1');
  const connection: Connection = { socket, sentAt: 0, answer: '' };
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  socket.on('data', (text: string) => {
    connection.answer += text;
    if (!whole(connection.answer)) return;
    underWay--;
    times.push(performance.now() - connection.sentAt);
    const status = connection.answer.slice(9, 12);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    idle.push(connection);
  });
  socket.on('error', () => undefined);
  socket.once('close', () => {
    if (!ended) broken++;
  });
  return connection;
}

let ended = false;
const AT_ONCE = 200;
for (let made = 0; made < connections; made += AT_ONCE) {
  const some = Array.from({ length: Math.min(AT_ONCE, connections - made) }, connect);
  idle.push(...(await Promise.all(some)));
}
const start = performance.now();
const end = start + seconds * 1000;
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const now = performance.now();
    if (now >= end) {
      clearInterval(timer);
      resolve();
      return;
    }
    let owed = rate === 0 ? idle.length : Math.floor(((now - start) / 1000) * (rate / batch)) - sent;
    for (; owed > 0; owed--) {
      const connection = idle.shift();
      if (connection === undefined) break;
      send(connection);
    }
    late = Math.max(late, owed);
  }, TICK_MS);
});
const sentIn = performance.now() - start;
for (let waited = 0; underWay > 0 && waited < 30_000; waited += 50) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
ended = true;
for (const { socket } of idle) socket.destroy();
const accepted = (statuses.get('200') ?? 0) * batch;
process.stdout.write(
  `${JSON.stringify({
    sent: sent * batch,
    accepted,
    unanswered: underWay * batch,
    broken,
    late: late * batch,
    seconds: sentIn / 1000,
    rate: accepted / (sentIn / 1000),
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    p99: percentile(times, 0.99),
    most: percentile(times, 1),
    statuses: Object.fromEntries(statuses),
  })}\n`,
);
process.exit(0);
