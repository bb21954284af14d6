import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import type { Place } from '../common/place.ts';
import { Scopes } from '../common/scopes.ts';
import { firstOf, orNull, prose, rated, tagsOf, timeOf } from '../common/values.ts';
import { peekJson } from '../json/peek.ts';
import { readRecords } from '../json/records.ts';
import { redactJson } from '../secrets/json.ts';
import { withoutSecrets } from '../secrets/text.ts';
import { redaction } from './redaction.ts';
import { FalcoEvent } from './schema.ts';
import { SEVERITY_OF } from './severity.ts';
import { subjectOf } from './subject.ts';

const INTERNAL = 'Falco internal:';

export const falco: SourceAdapter = {
  id: 'falco',
  title: 'Falco',
  formats: ['JSON events, one a line or as an array (json_output: true; file, HTTP output, falcosidekick)'],
  identity: 'falco/1',
  about: {
    mode: 'stream',
    scope:
      '`kubernetes` and the cluster (field `k8s.cluster.name` or `cluster`, else the account that the caller names); `aws` and the account for events of CloudTrail; `host` else',
    identity: 'rule and workload (namespace and controller, not the pod), container, or host',
    closes: 'it has not been seen for the quiet time (`lifecycle.quietDays`)',
    severity:
      'Debug, Informational INFORMATIONAL; Notice LOW; Warning MEDIUM; Error HIGH; Critical, Alert, Emergency CRITICAL',
  },
  detect: (head) => {
    const members = peekJson(head)?.members;
    return members !== undefined && ['rule', 'priority', 'output', 'time'].every((key) => members.has(key));
  },
  redact: (input) => redactJson(input, redaction),
  read: (input, options) => new Promise((resolve) => resolve(readEvents(input, options))),
};

function readEvents(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const scopes = new Scopes({ source: 'falco', mode: 'stream', rulesAreExhaustive: false });
  readRecords(
    input,
    options,
    { tool: 'Falco', lists: [], bare: true },
    {
      record: ({ value, index, offset }) => {
        const event = FalcoEvent.parse(value);
        const problem = addEvent(scopes, event, options.place);
        if (problem !== undefined) throw wrongShape(input.name, 'Falco', `event ${index} ${problem}`, offset);
      },
    },
  );
  return scopes.reports();
}

/** @returns what is wrong with the event; undefined where nothing is */
function addEvent(scopes: Scopes, event: FalcoEvent, place: Place | undefined): string | undefined {
  if (event.rule === '') return 'names no rule';
  const severity = SEVERITY_OF.get(event.priority.toLowerCase());
  if (severity === undefined) return `has the priority ${JSON.stringify(event.priority.slice(0, 40))}`;
  const time = timeOf(event.time);
  if (time === null) return `has the time ${JSON.stringify(event.time.slice(0, 40))}`;
  const { output_fields: fields } = event;
  const subject = subjectOf(event, place);
  const scope = scopes.of(subject.cloud, subject.account);
  scope.seenAt(time);
  // Falco about itself (dropped system calls): it may have missed something, and nobody was attacked.
  const internal = event.rule.startsWith(INTERNAL) || event.output.startsWith(INTERNAL);
  const mitre = event.tags.filter((tag) => /^(?:mitre_|T\d{4})/.test(tag));
  scope.observe({
    cell: `${event.source || 'syscall'}@${subject.region}`,
    class: 'detection',
    region: subject.region,
    service: internal ? 'falco' : event.source || 'syscall',
    resourceType: subject.type,
    resourceId: subject.id,
    resourceName: subject.name,
    ruleId: event.rule,
    title: event.rule,
    description: prose(withoutSecrets(sentence(event.output))),
    frameworks: mitre.map((tag) => `MITRE ATT&CK:${tag.replace(/^mitre_/, '')}`),
    tags: tagsOf([
      ['namespace', fields['k8s.ns.name']],
      ['pod', fields['k8s.pod.name']],
      ['image', fields['container.image.repository']],
      ['hostname', event.hostname === '' ? undefined : event.hostname],
    ]),
    sourceFindingId: orNull(event.uuid),
    rating: rated(severity, event.priority),
  });
  return undefined;
}

/** Without the time and priority that Falco puts before the sentence. */
function sentence(output: string): string {
  return firstOf(output.replace(/^\d{2}:\d{2}:\d{2}\.\d+:?\s+(?:\w+\s)?/, ''));
}
