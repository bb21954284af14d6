/** Seeds of a property test: a few, or as many as SIGHTLINE_SEEDS says; SIGHTLINE_SEED is one alone, to look at a failure. */
export function seedsOf(few: number): number[] {
  const { SIGHTLINE_SEED: one, SIGHTLINE_SEEDS: many } = process.env;
  if (one !== undefined) return [Number(one)];
  return Array.from({ length: many === undefined ? few : Number(many) }, (_, index) => index + 1);
}
