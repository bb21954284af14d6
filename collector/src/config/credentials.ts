import { z } from 'zod';
import { secret, textOrSecret } from './secret.ts';
import { durationOf, numeric, patterns, text } from './values.ts';

/** The sections `credentials` and `discovery`: how scanners get into accounts, and which there are. */

const aws = z.strictObject({
  roleArn: text.optional().meta({
    description:
      'Role to take on in each account; `{account}` stands for its id. By default none: the collector’s own rights.',
  }),
  externalId: textOrSecret.optional().meta({ description: 'External id that the role asks for.' }),
  sessionPolicy: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'Policy that narrows what the role may while it is taken on.' }),
  policyArns: z.array(text).max(10).optional().meta({ description: 'The same by ARNs of managed policies.' }),
  sessionSeconds: numeric(z.int().min(900).max(43_200)).optional().meta({
    description:
      'How long a session lasts; by default an hour, which is also the most where one role takes on another.',
  }),
  keys: z
    .strictObject({
      accessKeyId: textOrSecret.meta({ description: 'Id of the access key.' }),
      secretAccessKey: secret,
    })
    .optional()
    .meta({
      description:
        'Keys of a user, in place of the default chain of the AWS SDK (environment, profile, web identity, role of the machine).',
    }),
  webIdentity: z
    .strictObject({
      roleArn: text.meta({ description: 'Role that the token gives.' }),
      tokenFile: text.meta({ description: 'File with the token of an OpenID Connect issuer.' }),
    })
    .optional()
    .meta({ description: 'The same by a token; `roleArn` above is taken on from there.' }),
  region: text.optional().meta({ description: 'Region for the first calls; by default `AWS_REGION`.' }),
});

const azure = z
  .strictObject({
    tenantId: text.meta({ description: 'Id of the tenant.' }),
    clientId: text.meta({ description: 'Id of the application.' }),
    clientSecret: secret.optional(),
    federatedTokenFile: text.optional().meta({ description: 'File with the token of a workload identity.' }),
  })
  .refine((one) => (one.clientSecret === undefined) !== (one.federatedTokenFile === undefined), {
    message: 'must have either clientSecret or federatedTokenFile',
  });

const gcp = z
  .strictObject({
    key: secret.optional(),
    credentialsFile: text.optional().meta({
      description: 'Configuration of a workload identity, or the file of a key.',
    }),
  })
  .refine((one) => (one.key === undefined) !== (one.credentialsFile === undefined), {
    message: 'must have either key or credentialsFile',
  });

export const credentials = z
  .record(
    text,
    z
      .strictObject({
        aws: aws.optional().meta({ description: 'Amazon Web Services.' }),
        azure: azure.optional().meta({ description: 'Azure: a service principal.' }),
        gcp: gcp.optional().meta({ description: 'Google Cloud: a service account.' }),
      })
      .refine((one) => Object.values(one).filter((part) => part !== undefined).length === 1, {
        message: 'must have exactly one of aws, azure and gcp',
      }),
  )
  .default({})
  .meta({ description: 'How scanners get into accounts, by a name for jobs and accounts to refer to.' });

const selection = {
  ous: z.array(text).optional().meta({
    description: 'Ids of organizational units or roots, with all that is below them.',
  }),
  tags: z
    .record(text, patterns)
    .optional()
    .meta({ description: 'Tags of the account, by name: all of them must match.' }),
  accounts: patterns.optional().meta({ description: 'Ids or names of accounts.' }),
};

export const discovery = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes')
        .meta({ description: 'A name that no other discovery has.' }),
      aws: z
        .strictObject({
          credentials: text.optional().meta({
            description:
              'Entry of `credentials` that may list the organization; by default the default chain of the AWS SDK.',
          }),
          include: z.strictObject(selection).optional().meta({
            description: 'Only accounts for which all of this holds; by default all.',
          }),
          exclude: z
            .strictObject(selection)
            .optional()
            .meta({ description: 'Not accounts for which any of this holds.' }),
          teamTag: text.default('team').meta({ description: 'Tag that names the team.' }),
          environmentTag: text
            .default('environment')
            .meta({ description: 'Tag that names the environment.' }),
          region: text.optional().meta({ description: 'Region to ask; by default `us-east-1`.' }),
        })
        .meta({ description: 'The active accounts of an AWS organization.' }),
      refresh: durationOf(3_600_000, '1h', 'How long a list is used before it is asked for anew.'),
      minimumShare: numeric(z.number().min(0).max(1)).default(0.5).meta({
        description:
          'A list with a smaller share of the accounts of the one before is not believed: what it lacks is scanned all the same.',
        default: 0.5,
      }),
    }),
  )
  .default([])
  .superRefine((list, context) => {
    for (const [index, { name }] of list.entries()) {
      if (list.findIndex((other) => other.name === name) < index)
        context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is there twice' });
    }
  })
  .meta({ description: 'Accounts that are found by asking; entries of `accounts` win over what is found.' });
