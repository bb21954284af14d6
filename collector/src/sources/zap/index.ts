import { ANY_RULE } from '../../findings/cells.ts';
import type { ScopeReport } from '../../findings/model.ts';
import type { Severity } from '../../findings/severity.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { listOf } from '../common/fields.ts';
import { Scopes, type ScopeBuilder } from '../common/scopes.ts';
import { cwesOf, firstOf, linksOf, orNull, plainText, prose, rated, timeOf } from '../common/values.ts';
import { withoutAddressSecrets } from '../common/web.ts';
import { headOf } from '../input/head.ts';
import { peekJson } from '../json/peek.ts';
import { type Facts, readRecords } from '../json/records.ts';
import { rootOf } from '../xml/detect.ts';
import { attribute, readXml } from '../xml/read.ts';
import { withoutTraffic } from './redaction.ts';
import { scanKindOf } from './scan-rules.ts';
import { Alert, alertOf, Site } from './schema.ts';

const SEVERITY_OF: Readonly<Record<string, Severity>> = {
  '0': 'INFORMATIONAL',
  '1': 'LOW',
  '2': 'MEDIUM',
  '3': 'HIGH',
};
const FALSE_POSITIVE = '0';
/** So many of an alert's addresses are shown. */
const SHOWN = 10;

export const zap: SourceAdapter = {
  id: 'zap',
  title: 'ZAP',
  formats: ['traditional XML report, also with requests and responses', 'traditional JSON report, the same'],
  identity: 'zap/1',
  about: {
    mode: 'snapshot',
    scope: '`web`; the site (`https://shop.example`)',
    identity: 'the alert on the site; its requests are counted',
    closes:
      'the site was scanned; what only active rules find, when the report shows that they ran (or with `--complete`): a baseline scan closes nothing of a full one',
    severity: 'risk High, Medium, Low, Informational; confidence 0 (false positive) is no finding',
  },
  detect: (head) => {
    if (rootOf(head)?.name === 'OWASPZAPReport') return true;
    const peek = peekJson(head);
    if (peek?.kind !== 'object' || !peek.members.has('site')) return false;
    const { members, below } = peek;
    return (
      (members.has('@version') && (members.has('@generated') || members.has('@programName'))) ||
      below.has('site.@name')
    );
  },
  redact: withoutTraffic,
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const reader = new ZapReader(input, options);
  return headOf(input).startsWith('<') ? reader.xml() : reader.json();
}

class ZapReader {
  readonly #input: ReportInput;
  readonly #options: ReadOptions;
  readonly #scopes = new Scopes({ source: 'zap', mode: 'snapshot', rulesAreExhaustive: true });
  #version = '';
  #created = '';

  constructor(input: ReportInput, options: ReadOptions) {
    this.#input = input;
    this.#options = options;
  }

  xml(): readonly ScopeReport[] {
    let root = '';
    let site: ScopeBuilder | undefined;
    readXml(this.#input, this.#options, {
      whole: new Set(['alertitem']),
      open: (name, attributes, path) => {
        const element = { attributes };
        if (path.length === 0) {
          root = name;
          this.#version = attribute(element, 'version');
          this.#created = attribute(element, 'created');
        }
        if (name === 'site') site = this.#site(attribute(element, 'name'), attribute(element, 'host'));
      },
      element: (element) => {
        if (site === undefined) throw this.#wrong('it has an alert outside a site');
        this.#alert(site, alertOf(element));
      },
    });
    if (root !== 'OWASPZAPReport') throw this.#wrong(`its root is ${root}`);
    return this.#scopes.reports();
  }

  json(): readonly ScopeReport[] {
    const facts = (all: Facts, name: string): string => {
      const value = all.get(name);
      return typeof value === 'string' ? value : '';
    };
    readRecords(
      this.#input,
      this.#options,
      { tool: 'ZAP', lists: ['site'], facts: ['@version', 'created'], bare: false },
      {
        document: (all) => {
          this.#version = facts(all, '@version');
          this.#created = facts(all, 'created');
        },
        record: ({ value, offset }) => {
          const site = Site.parse(value);
          if (typeof value !== 'object' || value === null || !('alerts' in value)) {
            throw this.#wrong('a site of it has no alerts', offset);
          }
          if (value.alerts !== null && !Array.isArray(value.alerts)) {
            throw this.#wrong('the alerts of a site are no list', offset);
          }
          const scope = this.#site(site['@name'], site['@host']);
          for (const alert of listOf(Alert).parse(value.alerts ?? [])) this.#alert(scope, alert);
        },
      },
    );
    return this.#scopes.reports();
  }

  #site(name: string, host: string): ScopeBuilder {
    const account = firstOf(name, host).toLowerCase().replace(/\/+$/, '');
    if (account === '') throw this.#wrong('a site of it has no name');
    const scope = this.#scopes.of(this.#options.place?.cloud ?? 'web', account);
    scope.version = orNull(this.#version);
    // `generated` is written in the language and the time zone of the machine, without saying which.
    scope.seenAt(timeOf(this.#created));
    scope.cover('passive', ANY_RULE);
    return scope;
  }

  #alert(scope: ScopeBuilder, alert: Alert): void {
    const severity = SEVERITY_OF[alert.riskcode];
    if (alert.pluginid === '') throw this.#wrong('an alert of it has no pluginid');
    if (severity === undefined) {
      throw this.#wrong(`an alert of it has the riskcode ${JSON.stringify(alert.riskcode.slice(0, 40))}`);
    }
    if (alert.confidence === FALSE_POSITIVE) {
      scope.suppressed++;
      return;
    }
    const kind = scanKindOf(alert.pluginid);
    if (kind === 'active') scope.cover(kind, ANY_RULE);
    const name = plainText(firstOf(alert.alert, alert.name)) || `Alert ${alert.pluginid}`;
    const requests = new Set(alert.instances.map(requestOf));
    const list = [...requests].filter((request) => request !== '').slice(0, SHOWN);
    const more = requests.size > SHOWN ? `\nand ${requests.size - SHOWN} more` : '';
    scope.observe({
      cell: kind,
      class: kind === 'active' ? 'vulnerability' : 'compliance',
      region: 'global',
      service: 'web',
      resourceType: 'site',
      resourceId: scope.account,
      // Before 2.11 one rule's several alerts differ by their names alone.
      locator: alert.alertRef === '' ? name : '',
      ruleId: firstOf(alert.alertRef, alert.pluginid),
      title: name,
      description: prose(
        [plainText(alert.desc), list.join('\n') + more].filter((part) => part !== '').join('\n\n'),
      ),
      remediation: prose(plainText(alert.solution)),
      references: linksOf([alert.reference]),
      cwe: cwesOf([alert.cweid]),
      rating: rated(severity, alert.riskcode),
      occurrences: Math.max(1, Number(alert.count) || alert.instances.length),
      // ZAP lists an alert anew for each risk and confidence that it has; the worst comes first.
      order: `${9 - Number(alert.riskcode)} ${9 - Number(alert.confidence)} ${name}`,
    });
    scope.checkedUnknown('web');
  }

  #wrong(problem: string, offset?: number): Error {
    return wrongShape(this.#input.name, 'ZAP', problem, offset);
  }
}

/** `GET https://shop.example/cart (id)`: without the query, whose values are the scanner's own or somebody's. */
function requestOf({ method, uri, param }: Alert['instances'][number]): string {
  if (uri === '') return '';
  const name = param.slice(0, 60);
  return `${method} ${withoutAddressSecrets(uri)}${name === '' ? '' : ` (${name})`}`.trim();
}
