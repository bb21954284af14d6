import { t } from '../i18n';

/**
 * A sentence with the next step, of whatever went wrong: Grafana's request errors hold the API's problem document, or what
 * Grafana itself says when the backend does not answer.
 */
export function explain(error: unknown): string {
  const data = fieldOf(error, 'data');
  const said = [textOf(data, 'detail'), textOf(data, 'hint')].filter((text) => text !== '');
  if (said.length > 0) return said.join(' ');
  const status = fieldOf(error, 'status');
  const message = textOf(data, 'message') || textOf(error, 'message') || textOf(error, 'statusText');
  if (status === 404)
    return t(
      'api.not-found',
      'The server does not know what this plugin asks for: its version of Sightline is older. Update the collector. ({{message}})',
      { message },
    );
  if (message !== '') return message;
  return t('api.unknown', 'The request failed. The log of Grafana’s server says more.');
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? value[name as keyof typeof value]
    : undefined;
}

function textOf(value: unknown, name: string): string {
  const text = fieldOf(value, name);
  return typeof text === 'string' ? text.trim() : '';
}
