import { type Digest, headlineOf, moodOf, plain } from './digest.ts';

/** For any service that takes JSON: all the numbers, and a sentence. Times are ISO 8601. */
export function webhookMessage(digest: Digest, link: string | null): unknown {
  const { slot, startedAt, endedAt, problems, ...numbers } = digest;
  return {
    type: 'sightline.digest',
    version: 1,
    mood: moodOf(digest),
    text: headlineOf(digest),
    ...numbers,
    slot: new Date(slot).toISOString(),
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
    problems: problems.map(({ target, outcome, reason }) => ({
      target: plain(target),
      outcome,
      reason: plain(reason),
    })),
    link,
  };
}
