import {
  AdHocVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableHide,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import type { Filter } from '../../../plugin/src/query/model.ts';
import { DATASOURCE, PLUGIN_ID } from './names.ts';

export type Variable = cog.Builder<VariableModel>;

const ALL = { selected: true, text: ['All'], value: ['$__all'] };

export function dataSource(): Variable {
  return new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .type(PLUGIN_ID)
    .hide(VariableHide.DontHide);
}

interface Chosen {
  readonly label: string;
  readonly description: string;
  /** Variables that narrow what there is to choose from. */
  readonly within?: readonly string[];
}

const CHOICES = {
  cloud: { label: 'Cloud', description: 'aws, azure, gcp, …' },
  account: {
    label: 'Account',
    description: 'Account, subscription or project; image, repository or site where there is none',
    within: ['cloud'],
  },
  region: { label: 'Region', description: 'Region of the resource', within: ['cloud', 'account'] },
  service: { label: 'Service', description: 'Service of the cloud', within: ['cloud', 'account'] },
  severity: { label: 'Severity', description: 'CRITICAL to INFORMATIONAL' },
  team: { label: 'Team', description: 'Who owns it, by configuration', within: ['cloud', 'account'] },
  framework: { label: 'Framework', description: 'Compliance framework' },
  class: { label: 'Class', description: 'compliance, vulnerability, exposure, iam, secret, …' },
  source: { label: 'Source', description: 'The scanner or feed' },
  status: { label: 'Status', description: 'open, accepted, muted, false_positive, fixed, retired' },
  rule: { label: 'Rule', description: 'The check, by the id that its source gives it', within: ['source'] },
} as const satisfies Readonly<Record<string, Chosen>>;
export type Choice = keyof typeof CHOICES;

/** Any number of values of a dimension; All drops the filter, and is not a list of everything. */
export function choice(name: Choice, chosen?: string): Variable {
  const { label, description, within = [] }: Chosen = CHOICES[name];
  const filters = within.map((other): Filter => ({ field: other, operator: 'in', values: [`$${other}`] }));
  const query = {
    refId: name,
    version: 1,
    dimension: name,
    ...(filters.length === 0 ? {} : { filters }),
  };
  return (
    new QueryVariableBuilder(name)
      .label(label)
      .description(description)
      .datasource(DATASOURCE)
      .query(query)
      .definition(name)
      // By the range: an account that is gone can be chosen as long as it is in sight.
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.Disabled)
      .multi(true)
      .includeAll(true)
      .allowCustomValue(true)
      .current(chosen === undefined ? ALL : { selected: true, text: [chosen], value: [chosen] })
  );
}

/** Text that is typed, or set by a link. */
export function textBox(name: string, label: string, description: string): Variable {
  return new TextBoxVariableBuilder(name).label(label).description(description).defaultValue('');
}

/** Set by links only, and nothing until then. */
export function setByLinks(name: string, nothing: string): Variable {
  return new TextBoxVariableBuilder(name).hide(VariableHide.HideVariable).defaultValue(nothing);
}

export function adHoc(): Variable {
  return new AdHocVariableBuilder('filters').label('Filters').datasource(DATASOURCE);
}

/** Those that every dashboard has, so that links carry them along. */
export function usual(): Variable[] {
  const names = ['cloud', 'account', 'team', 'region', 'service', 'severity', 'framework'] as const;
  return [dataSource(), ...names.map((name) => choice(name)), adHoc()];
}
