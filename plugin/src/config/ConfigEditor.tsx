import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Trans } from '@grafana/i18n';
import {
  AdvancedHttpSettings,
  Auth,
  ConfigSection,
  ConnectionSettings,
  convertLegacyAuthProps,
  DataSourceDescription,
} from '@grafana/plugin-ui';
import { Divider, Field, SecretInput } from '@grafana/ui';
import { t } from '../i18n';
import type { SightlineOptions, SightlineSecrets } from '../types';

type Props = DataSourcePluginOptionsEditorProps<SightlineOptions, SightlineSecrets>;

const DOCS = 'https://github.com/sightline-dev/sightline/tree/main/docs/plugin/configure.md';
const TOKEN = 'custom-token';

/** URL, token, TLS, headers and timeout, in the sections that data sources have. */
export default function ConfigEditor(props: Props) {
  const { options, onOptionsChange } = props;
  const auth = convertLegacyAuthProps({ config: options, onChange: onOptionsChange });
  return (
    <>
      <DataSourceDescription dataSourceName="Sightline" docsLink={DOCS} hasRequiredFields />
      <Divider />
      <ConnectionSettings
        config={options}
        onChange={onOptionsChange}
        urlPlaceholder="http://localhost:8080"
        urlTooltip={t(
          'config.url',
          'Where `sightline serve` is reached from Grafana’s server, without /api. Behind a proxy: with its path.',
        )}
      />
      <Divider />
      <Auth
        TLS={auth.TLS}
        customHeaders={auth.customHeaders}
        selectedMethod={TOKEN}
        visibleMethods={[TOKEN]}
        customMethods={[
          {
            id: TOKEN,
            label: t('config.token-method', 'Token'),
            description: t('config.token-method-text', 'A token of the collector'),
            component: <TokenField {...props} />,
          },
        ]}
        onAuthMethodSelect={() => undefined}
      />
      <Divider />
      <ConfigSection
        title={t('config.advanced', 'Advanced settings')}
        isCollapsible
        isInitiallyOpen={options.jsonData.timeout !== undefined}
      >
        <AdvancedHttpSettings config={options} onChange={onOptionsChange} />
      </ConfigSection>
    </>
  );
}

function TokenField({ options, onOptionsChange }: Props) {
  const set = (secrets: SightlineSecrets, configured: boolean): void =>
    onOptionsChange({
      ...options,
      secureJsonData: { ...options.secureJsonData, ...secrets },
      secureJsonFields: { ...options.secureJsonFields, token: configured },
    });
  return (
    <Field
      label={t('config.token', 'Token')}
      description={
        <Trans i18nKey="config.token-text">
          Made by <code>sightline token create --role viewer --name grafana</code>. Empty where the collector
          asks nobody.
        </Trans>
      }
      htmlFor="sightline-token"
    >
      <SecretInput
        id="sightline-token"
        width={40}
        aria-label={t('config.token', 'Token')}
        autoComplete="off"
        placeholder="sl_…"
        isConfigured={options.secureJsonFields['token'] === true}
        value={options.secureJsonData?.token ?? ''}
        onChange={(event) => set({ token: event.currentTarget.value.trim() }, false)}
        onReset={() => set({ token: '' }, false)}
      />
    </Field>
  );
}
