/** @returns why tests are skipped where Go is not installed. @throws in that case when SIGHTLINE_REQUIRE_SERVERS=1 */
export function missingGo(what: string): string {
  const reason = `${what}: skipped, Go is not installed (SIGHTLINE_REQUIRE_SERVERS=1 makes this fail)`;
  if (process.env['SIGHTLINE_REQUIRE_SERVERS'] === '1') throw new Error(reason);
  console.warn(reason);
  return reason;
}
