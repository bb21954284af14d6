/// <reference lib="dom" />
import type { Report, ReportRegion } from '../../schema.ts';
import { barList } from './charts.ts';
import { emptyState, h, panel } from './dom.ts';
import { describeSeverities } from './format.ts';
import { accountsByCloud, severitiesOf, type OnSelect } from './rows.ts';

const REGIONS_SHOWN = 8;

export function placesPanel(report: Report, onSelect: OnSelect): HTMLElement {
  const { accounts, regions } = report.sightline;
  if (accounts.length === 0) {
    return panel('places', 'Open by cloud', emptyState('No account has been read yet.', null));
  }
  const clouds = accountsByCloud(accounts).map(([cloud, group]) => ({
    label: cloud,
    hint: `Show the open findings of ${cloud}`,
    severities: severitiesOf(group),
    onSelect: () => onSelect({ cloud }),
  }));
  return panel(
    'places',
    'Open by cloud',
    barList(clouds),
    regions.length === 0
      ? null
      : h('h3', {}, regions.length > REGIONS_SHOWN ? 'Most open, by region' : 'By region'),
    regions.length === 0 ? null : barList(worstRegions(regions)),
  );
}

function worstRegions(regions: readonly ReportRegion[]): Parameters<typeof barList>[0] {
  return [...regions]
    .sort((a, b) => b.open - a.open)
    .slice(0, REGIONS_SHOWN)
    .map((region) => ({
      label: `${region.cloud} ${region.region}`,
      hint: describeSeverities(region.severities),
      severities: region.severities,
      onSelect: null,
    }));
}
