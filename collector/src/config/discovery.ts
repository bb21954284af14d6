import { z } from 'zod';
import { durationOf, numeric, patterns, text } from './values.ts';

/** The section `discovery`: which accounts there are, by asking the clouds. */

const accounts = patterns.optional().meta({ description: 'Ids or names of accounts.' });
const tags = z
  .record(text, patterns)
  .optional()
  .meta({ description: 'Tags of the account, by name: all of them must match.' });

/** What is chosen, and what of it is left out again. */
function chosenBy<S extends z.core.$ZodLooseShape>(shape: S) {
  return {
    include: z.strictObject(shape).optional().meta({
      description: 'Only accounts for which all of this holds; by default all.',
    }),
    exclude: z
      .strictObject(shape)
      .optional()
      .meta({ description: 'Not accounts for which any of this holds.' }),
  };
}

const aws = z.strictObject({
  credentials: text.optional().meta({
    description:
      'Entry of `credentials` that may list the organization; by default the default chain of the AWS SDK.',
  }),
  ...chosenBy({
    ous: z.array(text).optional().meta({
      description: 'Ids of organizational units or roots, with all that is below them.',
    }),
    tags,
    accounts,
  }),
  teamTag: text.default('team').meta({ description: 'Tag that names the team.' }),
  environmentTag: text.default('environment').meta({ description: 'Tag that names the environment.' }),
  region: text.optional().meta({ description: 'Region to ask; by default `us-east-1`.' }),
});

const azure = z.strictObject({
  credentials: text.optional().meta({
    description:
      'Entry of `credentials` that may read the subscriptions; by default `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and a secret or token file, else the managed identity of the machine.',
  }),
  ...chosenBy({
    managementGroups: z.array(text).optional().meta({
      description: 'Ids of management groups, with all that is below them.',
    }),
    tags,
    accounts,
  }),
  teamTag: text.default('team').meta({ description: 'Tag that names the team.' }),
  environmentTag: text.default('environment').meta({ description: 'Tag that names the environment.' }),
});

const gcp = z.strictObject({
  credentials: text.optional().meta({
    description:
      'Entry of `credentials` that may list the projects; by default the application default credentials.',
  }),
  ...chosenBy({
    folders: z
      .array(
        z
          .string()
          .regex(/^((folders|organizations)\/)?\d+$/, 'must be like folders/123 or organizations/456'),
      )
      .optional()
      .meta({
        description: '`folders/123` or `organizations/456`, with all that is below them.',
      }),
    labels: z
      .record(text, patterns)
      .optional()
      .meta({ description: 'Labels of the project, by name: all of them must match.' }),
    accounts,
  }),
  teamLabel: text.default('team').meta({ description: 'Label that names the team.' }),
  environmentLabel: text.default('environment').meta({ description: 'Label that names the environment.' }),
});

export const discovery = z
  .array(
    z
      .strictObject({
        name: z
          .string()
          .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes')
          .meta({ description: 'A name that no other discovery has.' }),
        aws: aws.optional().meta({ description: 'The active accounts of an AWS organization.' }),
        azure: azure.optional().meta({ description: 'The enabled subscriptions of Azure.' }),
        gcp: gcp.optional().meta({ description: 'The active projects of Google Cloud.' }),
        labels: z.array(text).default([]).meta({
          description:
            'Tags (labels of a project) that become labels of findings, beside name, team and environment. Each change of one commits to every scope: none that a tool writes daily.',
          default: [],
        }),
        refresh: durationOf(3_600_000, '1h', 'How long a list is used before it is asked for anew.'),
        minimumShare: numeric(z.number().min(0).max(1)).default(0.5).meta({
          description:
            'A list with a smaller share of the accounts of the one before is not believed: what it lacks is scanned all the same.',
          default: 0.5,
        }),
      })
      .refine((one) => [one.aws, one.azure, one.gcp].filter((part) => part !== undefined).length === 1, {
        message: 'must have exactly one of aws, azure and gcp',
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
