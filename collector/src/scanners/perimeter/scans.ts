import { BlockList, isIP } from 'node:net';
import type { EpochMs } from '../../findings/model.ts';
import { hostOf } from '../../sources/common/web.ts';
import type { Job } from '../job.ts';
import { type AssetFacts, isChosen, isSite, isTarget } from './asset.ts';

/** A job that looks at what is reached from outside, and how it went. */
export interface ScanningJob {
  readonly job: Job;
  /** When the newest run that ended well began, on one of its targets; null for never. */
  readonly lastComplete: (target: string) => EpochMs | null;
}

/** What is known of the scans of an asset. */
export interface AssetScan {
  /** Names of jobs that are to scan it. */
  readonly jobs: readonly string[];
  /** When the newest of them that can have seen it began. */
  readonly at: EpochMs | null;
  /** No job is to scan it, or none did for too long. */
  readonly missing: boolean;
}

/** Programs that look at a host from outside; what a `command` does is taken on trust. */
const LOOKING = ['nmap', 'nikto', 'zap', 'command'];

/** The target that the single task of a job has which scans all its targets together. */
const TOGETHER = '-';

/**
 * Which scans look at an asset. A run that began before the asset was known can't have seen it; a new one is given as long to be
 * scanned as an old one.
 */
export function scanOf(
  asset: AssetFacts,
  since: EpochMs,
  jobs: readonly ScanningJob[],
  now: EpochMs,
  withinMs: number,
): AssetScan {
  const names: string[] = [];
  let at: EpochMs | null = null;
  for (const { job, lastComplete } of jobs) {
    const target = targetIn(job, asset);
    if (target === null) continue;
    names.push(job.name);
    const began = lastComplete(target);
    if (began !== null && began >= since && (at === null || began > at)) at = began;
  }
  return { jobs: names, at, missing: names.length === 0 || now - (at ?? since) > withinMs };
}

export function looksOutside({ enabled, schedule, scanner }: Job): boolean {
  return enabled && schedule !== undefined && LOOKING.includes(scanner);
}

/** The target of the job by which it scans the asset; null where it does not. */
function targetIn(job: Job, asset: AssetFacts): string | null {
  const together = job.scanner === 'nmap' ? TOGETHER : null;
  if (job.perimeter !== undefined && isTarget(asset.endpoint) && isChosen(asset, job.perimeter)) {
    if (together !== null) return together;
    if (job.scanner === 'command' || isSite(asset.endpoint)) return asset.endpoint;
  }
  const given = job.targets.find((target) => covers(target, asset.endpoint));
  return given === undefined ? null : (together ?? given);
}

/** Whether a target as a person writes it (a host, a network, a site) holds the endpoint. */
export function covers(target: string, endpoint: string): boolean {
  const host = hostOf(endpoint);
  if (hostOf(target.replace(/\/+$/, '')) === host) return true;
  const [, network = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(target) ?? [];
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}
