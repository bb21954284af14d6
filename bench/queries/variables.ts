import type { Dimension } from '../../collector/src/warehouse/query/dimensions.ts';
import type { QueryResult } from '../../collector/src/warehouse/query/result.ts';
import type { MirroredWarehouse } from '../../collector/src/warehouse/warehouse.ts';
import { ask } from './opened.ts';
import { dashboard, type Panel, type Variables } from './panel.ts';

/** Chooses the largest of everything: what is slowest to look at. */
export async function variablesOf(warehouse: MirroredWarehouse): Promise<Variables> {
  const add = dashboard('variables');
  const found = async (panel: Panel): Promise<QueryResult> => (await ask(warehouse, panel, 0)).result;
  const largest = async (dimension: Dimension, limit = 1): Promise<string[]> => {
    const result = await found(
      add(dimension, { type: 'summary', measures: ['open'], groupBy: [dimension], limit }),
    );
    const rows = result.kind === 'summary' ? result.rows : [];
    return rows.map(({ group }) => group?.[0] ?? '');
  };
  const worst = await found(add('worst', { type: 'findings', limit: 1 }));
  const cell = (name: string): string => {
    if (worst.kind !== 'findings') throw new Error('findings are no rows');
    const value = worst.rows[0]?.[worst.columns.findIndex((column) => column.name === name)];
    if (typeof value !== 'string') throw new Error(`the worst finding has no ${name}`);
    return value;
  };
  const one = async (dimension: Dimension): Promise<string> => (await largest(dimension))[0] ?? '';
  return {
    account: await one('account'),
    cloud: await one('cloud'),
    service: await one('service'),
    rule: await one('rule'),
    teams: await largest('team', 3),
    framework: await one('framework'),
    resource: cell('resource'),
    fingerprint: cell('fingerprint'),
  };
}
