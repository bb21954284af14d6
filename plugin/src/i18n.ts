import { t as translate } from '@grafana/i18n';

/**
 * A text for people, in their language where it is translated; `{{name}}` stands for a value. All of it is shown as text, never as
 * HTML, so values stay as they are: escaped, `prowler/aws` would be read as `prowler&#x2F;aws`.
 */
export function t(key: string, text: string, values?: Readonly<Record<string, unknown>>): string {
  return translate(key, text, { ...values, interpolation: { escapeValue: false } });
}
