import { z } from 'zod';
import { isLoopback } from './loopback.ts';
import { secret, textOrSecret } from './secret.ts';
import { flag, numeric, text } from './values.ts';

/** The section `credentials`: how scanners get into accounts. */

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
  refresh: flag.optional().meta({
    description:
      'Whether keys that end are given to the scanner at an address where it gets new ones (`AWS_CONTAINER_CREDENTIALS_FULL_URI`), in place of variables. By default for Prowler and ScoutSuite; a `command` has to use an SDK of AWS for it.',
  }),
});

/** A token in the clear is for this machine only. */
const address = text.refine(
  (value) => {
    const { protocol, hostname } = URL.parse(value) ?? {};
    return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname ?? ''));
  },
  { message: 'must be an address with https' },
);

const azure = z
  .strictObject({
    tenantId: text.meta({ description: 'Id of the tenant.' }),
    clientId: text.meta({ description: 'Id of the application.' }),
    clientSecret: secret.optional(),
    federatedTokenFile: text.optional().meta({ description: 'File with the token of a workload identity.' }),
    authorityHost: address.optional().meta({
      description:
        'Who gives tokens, in another cloud than the public one: `https://login.microsoftonline.us`, `https://login.chinacloudapi.cn`. By default `AZURE_AUTHORITY_HOST`.',
    }),
    endpoint: address.optional().meta({
      description:
        'Where Resource Manager is, if `authorityHost` is of none of these clouds. By default `AZURE_RESOURCE_MANAGER_ENDPOINT`.',
    }),
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
