import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { Button, Stack } from '@grafana/ui';
import type { Catalog, Subject } from '../../api/catalog';
import { t } from '../../i18n';
import type { Filter } from '../../query/model';
import { FilterRow } from './FilterRow';
import type { ValueSource } from './value-options';

interface Props {
  readonly id: string;
  readonly filters: readonly Filter[];
  readonly catalog: Catalog | null;
  readonly subjects: readonly Subject[];
  readonly source: ValueSource;
  readonly alerting: boolean;
  readonly onChange: (filters: Filter[]) => void;
}

/** All of them must hold. */
export function Filters({ id, filters, onChange, ...rest }: Props) {
  const add = (): void => onChange([...filters, { field: '', operator: '=', values: [] }]);
  return (
    <EditorRow>
      <EditorField
        label={t('filters.label', 'Filters')}
        tooltip={t('filters.tooltip', 'All of them must hold. “none” stands for what has no value.')}
      >
        <div role="group" aria-label={t('filters.label', 'Filters')}>
          <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
            {filters.map((filter, index) => (
              // They have no name of their own, and are only added at the end.
              <FilterRow
                key={index}
                {...rest}
                id={`${id}-${index}`}
                index={index}
                filter={filter}
                others={filters.filter((_, other) => other !== index)}
                onChange={(changed) => onChange(filters.with(index, changed))}
                onRemove={() => onChange(filters.filter((_, other) => other !== index))}
              />
            ))}
            <Button variant="secondary" icon="plus" onClick={add}>
              {t('filters.add', 'Add filter')}
            </Button>
          </Stack>
        </div>
      </EditorField>
    </EditorRow>
  );
}
