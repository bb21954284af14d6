/** What frames say beside the numbers. */
export interface FrameContext {
  /** The request comes from an alert rule: what would make it lie is refused (refusals.ts). */
  readonly fromAlert: boolean;
  readonly meta: AnswerMeta;
  /** Where dashboards are; without it no links are sent. */
  readonly links?: {
    /** Grafana's root, without a slash at the end. `''` for links that Grafana resolves itself. */
    readonly publicUrl: string;
  };
}

export interface AnswerMeta {
  /** Of what the answer is made from. */
  readonly version: string;
  /** When the bucket was last looked at without error, milliseconds; null before the first time. */
  readonly refreshedAt: number | null;
  /** How long ago that was, milliseconds. */
  readonly ageMs: number | null;
  readonly tookMs: number;
  readonly cached: boolean;
  /** As text with placeholders, in order. */
  readonly statements: readonly string[];
}
