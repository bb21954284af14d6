import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { MultiCombobox } from '@grafana/ui';
import { t } from '../../i18n';
import type { EventsQuery } from '../../query/model';
import { eventFormats, eventKinds } from '../choices';
import { ChoiceField } from '../parts/ChoiceField';
import { NumberField } from '../parts/NumberField';
import type { TypeEditorProps } from '../type-editor';

export function EventsEditor({ query, change, id }: TypeEditorProps<EventsQuery>) {
  const format = query.format ?? 'table';
  return (
    <EditorRow>
      <ChoiceField
        id={`${id}-format`}
        label={t('editor.format', 'Format')}
        options={eventFormats()}
        value={format}
        onChange={(chosen) => change({ format: chosen })}
      />
      <KindsField
        id={`${id}-kinds`}
        value={query.kinds ?? []}
        placeholder={
          format === 'annotations'
            ? t('events.drift', 'Critical drift and failed scans')
            : t('events.all', 'Everything')
        }
        onChange={(kinds) => change({ kinds: kinds.length === 0 ? undefined : kinds })}
      />
      <NumberField
        id={`${id}-limit`}
        label={t('editor.limit', 'Limit')}
        value={query.limit}
        standard={format === 'annotations' ? 100 : 500}
        max={5_000}
        onChange={(limit) => change({ limit })}
      />
    </EditorRow>
  );
}

interface KindsProps {
  readonly id: string;
  readonly value: readonly string[];
  /** What is shown where none is chosen. */
  readonly placeholder: string;
  readonly onChange: (kinds: string[]) => void;
}

export function KindsField({ id, value, placeholder, onChange }: KindsProps) {
  const known = eventKinds();
  const others = value
    .filter((kind) => !known.some((one) => one.value === kind))
    .map((kind) => ({ value: kind }));
  return (
    <EditorField label={t('editor.kinds', 'What happened')} htmlFor={id}>
      <MultiCombobox
        id={id}
        options={[...known, ...others]}
        value={[...value]}
        placeholder={placeholder}
        width="auto"
        minWidth={32}
        maxWidth={60}
        onChange={(chosen) => onChange(chosen.map((one) => one.value))}
      />
    </EditorField>
  );
}
