import type { EpochMs } from '../../findings/model.ts';
import type { SampleReport, Week } from '../model.ts';
import type { Chance } from '../random.ts';
import { assetsJson } from './assets.ts';
import { falcoEvents } from './falco.ts';
import { nmapXml } from './nmap.ts';
import { CLUSTER, EDGE, IMAGES, PARTNERS, PERIMETER, type Place, REPOSITORY, SHOP } from './places.ts';
import { trivyJson } from './trivy.ts';
import { zapJson } from './zap.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const encoder = new TextEncoder();

export interface ScanTimes {
  readonly week: Week;
  /** When the first of these scans looks; Falco’s day ends with the last. */
  readonly at: EpochMs;
  /** Folder of the week, for a report of this moment. */
  readonly folder: (at: EpochMs) => string;
}

/** The reports of a week that are about something else than a cloud account, in order of time. */
export function scansOf({ week, at, folder }: ScanTimes, chance: () => Chance): SampleReport[] {
  let minute = 0;
  const scan = (
    source: SampleReport['source'],
    place: Place,
    file: string,
    text: (at: EpochMs) => string,
  ) => {
    const observedAt = at + minute++ * 5 * MINUTE;
    return reportOf(
      source,
      place,
      `${folder(observedAt)}/${place.cloud}-${place.name.replace('/', '-')}/${file}`,
      week,
      observedAt,
      () => text(observedAt),
    );
  };
  const scans = [
    scan('perimeter', EDGE, 'perimeter.json', (time) => assetsJson(week, time)),
    scan('nmap', PERIMETER, 'perimeter.xml', (time) => nmapXml(week, time)),
    ...[SHOP, PARTNERS].map((site) =>
      scan('zap', site, 'zap-report.json', (time) => zapJson(site, week, time)),
    ),
    ...[...IMAGES, REPOSITORY].map((place) =>
      scan('trivy', place, 'trivy.json', (time) => trivyJson(chance(), place, week, time)),
    ),
  ];
  const last = at + minute * 5 * MINUTE;
  const days = [6, 5, 4, 3, 2, 1, 0].map((ago) => {
    const until = last - ago * DAY;
    const day = new Date(until).toISOString().slice(0, 10);
    const path = `${folder(until)}/${CLUSTER.cloud}-${CLUSTER.name}/falco-${day}.ndjson`;
    return reportOf('falco', CLUSTER, path, week, until, () => falcoEvents(chance(), week, until));
  });
  return [...days, ...scans];
}

function reportOf(
  source: SampleReport['source'],
  place: Place,
  path: string,
  week: Week,
  observedAt: EpochMs,
  text: () => string,
): SampleReport {
  return {
    path,
    observedAt,
    week,
    source,
    cloud: place.cloud,
    account: place.account,
    content: () => encoder.encode(text()),
  };
}
