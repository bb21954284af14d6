import type { EpochMs } from '../../findings/model.ts';
import { accessAnalyzer } from '../../sources/access-analyzer/index.ts';
import type { SourceAdapter } from '../../sources/adapter.ts';
import { asff } from '../../sources/asff/index.ts';
import { timeOf } from '../../sources/common/values.ts';
import { guardduty } from '../../sources/guardduty/index.ts';
import { inspector2 } from '../../sources/inspector2/index.ts';
import { macie } from '../../sources/macie/index.ts';

/** Events whose detail is a whole finding. ECR's own ("ECR Image Scan") holds numbers only. */
const ADAPTERS: ReadonlyMap<string, SourceAdapter> = new Map([
  ['Security Hub Findings - Imported', asff],
  ['GuardDuty Finding', guardduty],
  ['Inspector2 Finding', inspector2],
  ['Macie Finding', macie],
  ['Access Analyzer Finding', accessAnalyzer],
]);

/** An event of EventBridge, as far as its envelope says. */
export interface Envelope {
  readonly type: string;
  /** null: events of this type are no findings, or none that can be read. */
  readonly adapter: SourceAdapter | null;
  /** When the event was made; null where it does not say. */
  readonly at: EpochMs | null;
}

/** @returns what is wrong with it, where it is no event of EventBridge */
export function envelopeOf(event: unknown): Envelope | string {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return 'is no JSON object';
  const { 'detail-type': type, source, detail, time } = event as Readonly<Record<string, unknown>>;
  if (typeof type !== 'string' || type === '') return 'has no detail-type';
  if (typeof source !== 'string') return 'has no source';
  if (typeof detail !== 'object' || detail === null) return 'has no detail';
  return {
    type,
    adapter: ADAPTERS.get(type) ?? null,
    at: typeof time === 'string' ? timeOf(time) : null,
  };
}
