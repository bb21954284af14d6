import { FOLDER } from './provision.ts';

/** Long trends in a Prometheus, beside the bucket: for those who keep everything there. */

const RECORDED = [
  { measure: 'open', groupBy: ['cloud', 'account', 'team', 'severity'] },
  { measure: 'overdueConfirmed', groupBy: ['cloud', 'account', 'team', 'severity'] },
  { measure: 'riskScore', groupBy: ['cloud', 'account', 'team'] },
  { measure: 'passRate', groupBy: ['cloud', 'account'] },
  { measure: 'silentScopes', groupBy: ['source', 'cloud'] },
] as const;

export function recordingFile(datasourceUid: string, prometheusUid: string): object {
  return {
    apiVersion: 1,
    groups: [
      {
        orgId: 1,
        name: 'Sightline recording',
        folder: FOLDER,
        interval: '10m',
        rules: RECORDED.map(({ measure, groupBy }) => ({
          uid: `sightline-record-${measure.toLowerCase()}`,
          title: `Record ${measure}`,
          data: [
            {
              refId: 'A',
              queryType: 'summary',
              relativeTimeRange: { from: 86_400, to: 0 },
              datasourceUid,
              model: {
                refId: 'A',
                queryType: 'summary',
                version: 1,
                format: 'numeric',
                measures: [measure],
                groupBy,
                limit: 10_000,
              },
            },
          ],
          record: {
            metric: `sightline_${measure.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
            from: 'A',
            targetDatasourceUid: prometheusUid,
          },
        })),
      },
    ],
  };
}
