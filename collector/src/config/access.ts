import { z } from 'zod';
import { DEFAULTS } from './defaults.ts';
import { isLoopback } from './loopback.ts';
import { count, flag, numeric, text, withDefault } from './values.ts';

/** The section `access` of the file: who may ask the server for what. docs/access.md tells it as a story. */

const { rateLimit } = DEFAULTS.access;

const role = z.enum(['viewer', 'ingest', 'operator']);
const roles = z.array(role).min(1, 'must not be empty');
const names = z.array(text);

const bounds = {
  accounts: names.optional().meta({
    description:
      'Ids of accounts, in quotes: nothing else is seen. `aws/1234…` where two clouds share an id. By default all.',
  }),
  teams: names.optional().meta({
    description:
      'Teams: nothing else is seen, and no finding that belongs to no team. By default all. With `accounts`, both must hold.',
  }),
};

const url = text.refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), {
  message: 'must be an http:// or https:// address',
});
/** Whoever can change what comes from there can be anybody. */
const secureUrl = url.refine(
  (value) => {
    const { protocol, hostname } = URL.parse(value) ?? {};
    return protocol !== 'http:' || isLoopback(hostname ?? '');
  },
  { message: 'must be an https:// address: http:// is taken for this machine only' },
);

const tokens = z
  .array(
    z.strictObject({
      name: text.meta({ description: 'Who uses it, for the log.' }),
      sha256: z
        .string()
        .toLowerCase()
        .regex(/^[0-9a-f]{64}$/, 'must be the 64 hexadecimal digits of a SHA-256')
        .meta({ description: 'SHA-256 of the token, as `sightline token create --print-config` gives it.' }),
      roles: roles.meta({ description: 'Of `viewer`, `ingest`, `operator`.' }),
      ...bounds,
    }),
  )
  .superRefine((list, context) => {
    for (const field of ['name', 'sha256'] as const) {
      for (const [index, token] of list.entries()) {
        if (list.findIndex((other) => other[field] === token[field]) < index)
          context.addIssue({ code: 'custom', path: [index, field], message: 'is there twice' });
      }
    }
  });

const oidc = z.strictObject({
  issuer: secureUrl.meta({ description: 'The issuer, as `iss` in its tokens has it.' }),
  audience: text.meta({ description: 'What `aud` of a token must hold.' }),
  jwksUrl: secureUrl
    .optional()
    .meta({ description: "Where the issuer's keys are; by default where its discovery document says." }),
  rolesClaim: withDefault(
    text,
    'roles',
    'The claim that holds roles; `realm_access.roles` for one inside another.',
  ),
  roles: z
    .record(text, role)
    .default({})
    .meta({ description: 'The role that a value of that claim stands for, by the value.' }),
  defaultRole: role
    .optional()
    .meta({ description: 'Role of who has none of these values; by default they may do nothing.' }),
  accountsClaim: text.optional().meta({
    description: 'The claim that holds the accounts to see; who has it not sees nothing, `*` in it is all.',
  }),
  teamsClaim: text.optional().meta({ description: 'The same for teams.' }),
});

const grafana = z.strictObject({
  url: url.meta({ description: 'Where Grafana is for this server: its keys are read from there.' }),
  issuer: url.optional().meta({
    description: "Grafana's `root_url`, which its tokens have as `iss`; by default the same as `url`.",
  }),
  orgs: z
    .array(numeric(z.int().positive()))
    .optional()
    .meta({ description: 'Ids of the organizations of Grafana that may ask; by default any.' }),
  required: withDefault(
    flag,
    false,
    'Whether a token that reads must come with the identity of a person in Grafana.',
  ),
  exempt: names.default([]).meta({
    description:
      'Names of tokens that `required` is not for: alert rules have no person behind them, and Prometheus neither.',
  }),
  rows: z
    .array(
      z
        .strictObject({
          user: text.optional().meta({
            description: 'Uid of the user in Grafana; `service-account:<uid>` for a service account.',
          }),
          email: text.optional().meta({
            description: 'Only where Grafana has it from a log-in service, or has verified it.',
          }),
          login: text.optional().meta({ description: 'Only where Grafana has it from a log-in service.' }),
          org: numeric(z.int().positive()).optional().meta({ description: 'Id of the organization.' }),
          role: z
            .enum(['Viewer', 'Editor', 'Admin', 'None'])
            .optional()
            .meta({ description: 'Role in the organization.' }),
          ...bounds,
        })
        .refine(
          ({ accounts: _accounts, teams: _teams, ...who }) =>
            Object.values(who).some((value) => value !== undefined),
          { message: 'must say whom it is about: user, email, login, org or role' },
        ),
    )
    .default([])
    .meta({ description: 'What people may see. The first row that is about a person decides.' }),
  default: withDefault(
    z.enum(['none', 'all']),
    'none',
    'What people without a row may see: nothing, or all that the token may.',
  ),
});

export const access = z
  .strictObject({
    tokens: tokens.default([]).meta({
      description: 'Tokens beside those in the store (`sightline token create`).',
    }),
    oidc: oidc
      .optional()
      .meta({ description: 'People and machines with a token of an OpenID Connect issuer.' }),
    grafana: grafana
      .optional()
      .meta({ description: 'What people behind one shared token of Grafana may see.' }),
    rateLimit: z
      .strictObject({
        requests: withDefault(count, rateLimit.requests, 'Requests of one subject in a minute.'),
        ingest: withDefault(count, rateLimit.ingest, 'Reports that one subject brings in a minute.'),
        failures: withDefault(count, rateLimit.failures, 'Wrong credentials from one address in a minute.'),
      })
      .prefault({})
      .meta({ description: 'How much one caller may ask.' }),
    proxies: withDefault(
      numeric(z.int().min(0).max(10)),
      DEFAULTS.access.proxies,
      'Reverse proxies in front of the server, each of which adds an address to `X-Forwarded-For`.',
    ),
  })
  .prefault({})
  .meta({ description: 'Who may ask the server for what; [access.md](access.md) shows how.' });

export type AccessConfig = z.infer<typeof access>;
