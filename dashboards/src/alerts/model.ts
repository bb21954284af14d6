/** Rules as this generator thinks of them; provision.ts writes them as Grafana reads them. */

export interface Filter {
  readonly field: string;
  readonly operator: '=' | '!=' | 'in' | 'notIn' | '=~' | '!~' | '>' | '<';
  readonly values: readonly string[];
}

/** One measure per query: a rule takes one number per set of labels. */
export interface RuleQuery {
  readonly refId: string;
  readonly measure: string;
  readonly groupBy: readonly string[];
  readonly filters?: readonly Filter[];
  /** The range, which ends now. */
  readonly days: number;
  /** The difference to the range before. */
  readonly change?: boolean;
  /** The largest of each group of all dimensions but the last, whose name the message tells. */
  readonly worst?: boolean;
}

export interface Rule {
  readonly uid: string;
  readonly title: string;
  /** What makes it fire and why it can be trusted, for docs/alerts.md. */
  readonly says: string;
  readonly level: 'critical' | 'warning' | 'info';
  readonly queries: readonly RuleQuery[];
  /** Numbers for the message that no query gives, by refId, as Grafana's expressions. */
  readonly derived?: Readonly<Record<string, string>>;
  /** Of Grafana's expressions, over the refIds of the queries; what is not 0 fires. */
  readonly condition: string;
  /** How long it has to hold before anybody is told. */
  readonly pending?: string;
  /** How long it goes on firing after it does not hold any more. */
  readonly keepFiring?: string;
  /** What is grouped into one message. */
  readonly group: readonly string[];
  /** Told on Mondays, once, as long as there is something to tell. */
  readonly weekly?: boolean;
  /** No data and errors fire too: of the rule that watches Sightline itself. */
  readonly watchdog?: boolean;
  /** The day of what is new: a new day is a new alert, and tells at once. A dimension. */
  readonly batch?: string;
  /** The line in the chat, a Go template. */
  readonly summary: string;
  /** What became of it, told when it is resolved. */
  readonly outcome?: string;
  /** Dashboard, and the variables to set. */
  readonly link: { readonly uid: string; readonly set: Readonly<Record<string, string>> };
}

export interface Thresholds {
  /** What opened longer ago than so many days does not fire. */
  readonly newDays: number;
  /** Criticals more than a week ago, like for like, by team. */
  readonly risingBy: number;
  /** Of those a week ago. */
  readonly risingShare: number;
  /** By so much the pass rate of an account falls in a week, 0–1. */
  readonly passRateDrop: number;
  /** Accounts with fewer checks fall by chance. */
  readonly passRateChecks: number;
  readonly coverageDrop: number;
  /** What became overdue longer ago has been told. */
  readonly overdueDays: number;
  /** Acceptances that end within so many days. */
  readonly endingDays: number;
  /** How often the perimeter is scanned, in hours: a port has to be seen twice. */
  readonly portCadenceHours: number;
}

export const DEFAULTS: Thresholds = {
  newDays: 14,
  risingBy: 5,
  risingShare: 0.2,
  passRateDrop: 0.05,
  passRateChecks: 50,
  coverageDrop: 0.1,
  overdueDays: 14,
  endingDays: 14,
  portCadenceHours: 24,
};
