import type { EpochMs } from '../../findings/model.ts';
import type { ReportInput } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { timeOf } from '../common/values.ts';
import { bufferInput } from '../input/basic.ts';
import { JsonCursor } from '../json/cursor.ts';

/** The answer of `iam:GetCredentialReport`: its Content begins as the table does, `user,arn,`, in base64. */
const ANSWER = /^\{[^[\]{}]*?"Content"\s*:\s*"dXNlcixhcm4s/;

export function isAnswer(head: string): boolean {
  return ANSWER.test(head);
}

export interface Unwrapped {
  readonly table: ReportInput;
  readonly generatedAt: EpochMs | null;
}

/** The table in an answer. An account has some thousand users at most, so that it fits into memory. @throws ReportError */
export function unwrapAnswer(input: ReportInput): Unwrapped {
  const cursor = new JsonCursor(input);
  let content: string | null = null;
  let generatedAt: EpochMs | null = null;
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    if (key === 'Content') content = cursor.string();
    else if (key === 'GeneratedTime') generatedAt = timeOf(cursor.text() ?? '');
    else cursor.skip();
  }
  if (content === null || !/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(content))
    throw wrongShape(input.name, 'IAM', 'its Content is no base64');
  return { table: bufferInput(input.name, Buffer.from(content, 'base64')), generatedAt };
}
