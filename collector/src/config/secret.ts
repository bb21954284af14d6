import { z } from 'zod';
import { text } from './values.ts';

/** Where a secret is read from, each time it is needed: it never stands in the file. */
export const secret = z
  .union([
    z.strictObject({ env: text.meta({ description: 'A variable of the environment.' }) }),
    z.strictObject({ file: text.meta({ description: 'A file, without the end of its last line.' }) }),
    z.strictObject({
      secretsManager: text.meta({ description: 'Name or ARN in AWS Secrets Manager.' }),
      key: text.optional().meta({ description: 'The field of a secret that is a JSON object.' }),
      region: text.optional().meta({ description: 'By default `AWS_REGION`.' }),
    }),
    z.strictObject({
      ssm: text.meta({ description: 'Name in the AWS SSM Parameter Store.' }),
      region: text.optional().meta({ description: 'By default `AWS_REGION`.' }),
    }),
  ])
  .meta({
    id: 'Secret',
    description:
      'Where a secret is read from; exactly one of `env`, `file`, `secretsManager` and `ssm`. A secret itself never stands in the file.',
  });

/** Something that may be known, or may be a secret. */
export const textOrSecret = z.union([z.string(), secret]);
