/** Where a report belongs, as its caller knows it: for reports that do not say. What the report itself says wins. */
export interface Place {
  readonly cloud?: string | undefined;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}
