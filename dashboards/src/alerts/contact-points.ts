/** Who is told. Secrets stay in the environment: files name the variables, and Grafana puts them in. */

export const CONTACT_POINT = 'Sightline';
export const MONDAYS = 'Sightline Monday mornings';
export const NOBODY = 'Sightline tells nobody yet';

export type Environment = Readonly<Record<string, string | undefined>>;

interface Channel {
  /** All have to be set, and not to nothing. */
  readonly variables: readonly string[];
  readonly receiver: object;
}

const TITLE = '{{ template "sightline.title" . }}';
const TEXT = '{{ template "sightline.text" . }}';

const CHANNELS: readonly Channel[] = [
  {
    variables: ['SIGHTLINE_SLACK_WEBHOOK_URL'],
    receiver: {
      uid: 'sightline-slack',
      type: 'slack',
      settings: {
        url: '$SIGHTLINE_SLACK_WEBHOOK_URL',
        title: TITLE,
        text: '{{ template "sightline.slack" . }}',
      },
    },
  },
  {
    variables: ['SIGHTLINE_TEAMS_WEBHOOK_URL'],
    receiver: {
      uid: 'sightline-teams',
      type: 'teams',
      settings: { url: '$SIGHTLINE_TEAMS_WEBHOOK_URL', title: TITLE, message: TEXT },
    },
  },
  {
    variables: ['SIGHTLINE_WEBHOOK_URL'],
    receiver: {
      uid: 'sightline-webhook',
      type: 'webhook',
      settings: { url: '$SIGHTLINE_WEBHOOK_URL', title: TITLE, message: TEXT },
    },
  },
  {
    variables: ['SIGHTLINE_EMAIL_TO'],
    receiver: {
      uid: 'sightline-email',
      type: 'email',
      settings: { addresses: '$SIGHTLINE_EMAIL_TO', subject: TITLE, message: TEXT, singleEmail: true },
    },
  },
];

/** A contact point needs a way to tell: this one is never used, as its rules are muted. */
const PLACEHOLDER = {
  uid: 'sightline-nobody',
  type: 'email',
  settings: { addresses: 'nobody@sightline.invalid', singleEmail: true },
};

const uidOf = (receiver: object): unknown => ('uid' in receiver ? receiver.uid : undefined);
const UIDS = [...CHANNELS.map(({ receiver }) => receiver), PLACEHOLDER].map(uidOf);

export function channelsOf(environment: Environment): readonly object[] {
  const isSet = (name: string): boolean => (environment[name] ?? '').trim() !== '';
  return CHANNELS.filter(({ variables }) => variables.every(isSet)).map(({ receiver }) => receiver);
}

/** Webhooks with a token take it in a header that is only there where the token is. */
export function contactFile(environment: Environment): object {
  const channels = channelsOf(environment).map((receiver) => withToken(receiver, environment));
  const receivers = channels.length === 0 ? [PLACEHOLDER] : channels;
  return {
    apiVersion: 1,
    contactPoints: [{ orgId: 1, name: CONTACT_POINT, receivers }],
    // Grafana keeps what it was told once: a channel whose variables are gone has to be taken back.
    deleteContactPoints: UIDS.filter((uid) => !receivers.some((one) => uidOf(one) === uid)).map((uid) => ({
      orgId: 1,
      uid,
    })),
    muteTimes: [
      {
        orgId: 1,
        name: MONDAYS,
        time_intervals: [{ weekdays: ['monday'], times: [{ start_time: '07:00', end_time: '12:00' }] }],
      },
      {
        orgId: 1,
        name: NOBODY,
        time_intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }],
      },
    ],
  };
}

function withToken(receiver: object, environment: Environment): object {
  if (!('type' in receiver) || receiver.type !== 'webhook' || !('settings' in receiver)) return receiver;
  if ((environment['SIGHTLINE_WEBHOOK_TOKEN'] ?? '').trim() === '') return receiver;
  const authorization = {
    authorization_scheme: 'Bearer',
    authorization_credentials: '$SIGHTLINE_WEBHOOK_TOKEN',
  };
  return { ...receiver, settings: { ...(receiver.settings as object), ...authorization } };
}
