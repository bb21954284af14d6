import { type Digest, factsOf, headlineOf, MOODS, moodOf, plain } from './digest.ts';

/** Slack takes at most 3,000 characters in a section. @see https://docs.slack.dev/reference/block-kit/blocks */
const MOST = 2_900;

/** The body of an incoming webhook. */
export function slackMessage(digest: Digest, link: string | null): unknown {
  const headline = `${MOODS[moodOf(digest)]} ${headlineOf(digest)}`;
  const problems = digest.problems
    .map(({ target, outcome, reason }) => `• ${escaped(target)}: ${outcome}, ${escaped(reason)}`)
    .join('\n')
    .slice(0, MOST);
  return {
    // For notifications, and for who reads aloud.
    text: escaped(headline),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${escaped(headline)}*` } },
      {
        type: 'section',
        fields: factsOf(digest).map(([label, text]) => ({
          type: 'mrkdwn',
          text: `*${label}*\n${escaped(text)}`,
        })),
      },
      ...(problems === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: problems } }]),
      ...(link === null
        ? []
        : [
            {
              type: 'actions',
              elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open' }, url: link }],
            },
          ]),
    ],
  };
}

/** Slack's three characters, and those that would make text bold or code. @see https://docs.slack.dev/messaging/formatting-message-text */
function escaped(text: string): string {
  return plain(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[*_~`]/g, (mark) => `\u200b${mark}\u200b`);
}
