import { type Digest, factsOf, headlineOf, MOODS, type Mood, moodOf, plain } from './digest.ts';

const COLOURS: Readonly<Record<Mood, string>> = { green: 'Good', yellow: 'Warning', red: 'Attention' };

/**
 * An Adaptive Card for a workflow's webhook ("When a Teams webhook request is received").
 * @see https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
export function teamsMessage(digest: Digest, link: string | null): unknown {
  const mood = moodOf(digest);
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            textBlock(`${MOODS[mood]} ${headlineOf(digest)}`, { weight: 'Bolder', color: COLOURS[mood] }),
            {
              type: 'FactSet',
              facts: factsOf(digest).map(([title, value]) => ({ title, value: escaped(value) })),
            },
            ...digest.problems.map(({ target, outcome, reason }) =>
              textBlock(`${target}: ${outcome}, ${reason}`, { isSubtle: true }),
            ),
          ],
          ...(link === null ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open', url: link }] }),
        },
      },
    ],
  };
}

function textBlock(text: string, style: Readonly<Record<string, unknown>>): unknown {
  return { type: 'TextBlock', text: escaped(text), wrap: true, ...style };
}

/** Cards read a subset of Markdown. */
function escaped(text: string): string {
  return plain(text).replace(/[\\*_[\]()#`~>|]/g, (mark) => `\\${mark}`);
}
