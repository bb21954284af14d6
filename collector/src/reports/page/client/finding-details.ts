/// <reference lib="dom" />
import type { ReportFinding } from '../../schema.ts';
import { h, webLink, type Child } from './dom.ts';
import { formatInstant } from './format.ts';

/** Everything that the report says of one finding. */
export function details(finding: ReportFinding): HTMLElement {
  const list = h('dl', {});
  const add = (label: string, ...children: Child[]): void => {
    list.append(h('div', {}, h('dt', {}, label), h('dd', { class: 'untrusted' }, ...children)));
  };
  add('Resource', finding.resource);
  if (finding.resource_name !== null && finding.resource_name !== finding.resource)
    add('Name', finding.resource_name);
  if (finding.resource_type !== null) add('Type', finding.resource_type);
  add('Rule', `${finding.rule} (${finding.source})`);
  add('Place', `${finding.cloud} ${finding.account}, ${finding.region}, ${finding.service}`);
  if (finding.team !== null) add('Team', finding.team);
  add('Severity', `${finding.severity.toLowerCase()}, score ${finding.score}`);
  add('First seen', formatInstant(finding.first_seen));
  add('Due', finding.due_at === null ? 'no due date' : formatInstant(finding.due_at));
  add('Fingerprint', h('code', {}, finding.fingerprint));
  const fix = finding.remediation;
  return h(
    'div',
    { class: 'details' },
    h('p', { class: 'full-title untrusted' }, finding.title),
    list,
    h('h3', {}, 'Remediation'),
    h('p', { class: fix === null ? 'faint' : 'remediation untrusted' }, fix ?? 'The scanner gives none.'),
    finding.references.length === 0 ? null : h('h3', {}, 'References'),
    finding.references.length === 0
      ? null
      : h(
          'ul',
          { class: 'references' },
          ...finding.references.map((address) => h('li', {}, webLink(address))),
        ),
  );
}
