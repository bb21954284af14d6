import * as z from 'zod';
import { flag, listOf, number, part, text, texts } from '../common/fields.ts';

const Message = part({ text, markdown: text, id: text, arguments: texts });

export const Rule = z.object({
  id: text,
  name: text,
  helpUri: text,
  shortDescription: Message,
  fullDescription: Message,
  help: Message,
  messageStrings: z.record(z.string(), z.object({ text })).catch({}).default({}),
  defaultConfiguration: part({ level: text }),
  properties: z
    .object({ 'security-severity': text, tags: texts, cwe: texts })
    .catch({ 'security-severity': '', tags: [], cwe: [] })
    .default({ 'security-severity': '', tags: [], cwe: [] }),
});
export type Rule = z.infer<typeof Rule>;

const Component = z.object({
  name: text,
  version: text,
  semanticVersion: text,
  guid: text,
  rules: listOf(Rule),
});

export const Tool = z.object({ driver: Component, extensions: listOf(Component) });
export type Tool = z.infer<typeof Tool>;
/** Of version 1 and drafts of 2. */
export const OldTool = z.object({ name: z.string() });

export const Invocation = z.object({ executionSuccessful: flag, endTimeUtc: text });
export const Artifact = z.object({ location: part({ uri: text, uriBaseId: text }) });

const Location = z.object({
  physicalLocation: part({
    artifactLocation: part({ uri: text, uriBaseId: text, index: number }),
    region: part({
      startLine: number,
      startColumn: number,
      byteOffset: number,
      charOffset: number,
      snippet: part({ text }),
    }),
  }),
  logicalLocations: listOf(z.object({ fullyQualifiedName: text, name: text })),
});

export const SarifResult = z.object({
  ruleId: text,
  ruleIndex: number,
  rule: part({ id: text, index: number, toolComponent: part({ index: number, name: text, guid: text }) }),
  kind: text,
  level: text,
  message: Message,
  guid: text,
  baselineState: text,
  locations: listOf(Location),
  suppressions: listOf(z.object({ kind: text, status: text })),
  partialFingerprints: z.record(z.string(), z.unknown()).catch({}).default({}),
  fingerprints: z.record(z.string(), z.unknown()).catch({}).default({}),
  properties: part({ 'security-severity': text, cwe: texts, tags: texts }),
});
export type SarifResult = z.infer<typeof SarifResult>;
