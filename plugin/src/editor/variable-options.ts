import { getTemplateSrv } from '@grafana/runtime';
import type { ComboboxOption } from '@grafana/ui';
import { t } from '../i18n';

/** The dashboard's variables, to be chosen like values; none in alert rules, which have none. */
export function variableOptions(input = ''): ComboboxOption[] {
  return getTemplateSrv()
    .getVariables()
    .filter(({ type }) => type !== 'adhoc' && type !== 'datasource' && type !== 'system')
    .map(({ name }) => `$${name}`)
    .filter((reference) => reference.toLowerCase().includes(input.toLowerCase()))
    .map((reference) => ({ value: reference, group: t('variables.group', 'Variables of the dashboard') }));
}
