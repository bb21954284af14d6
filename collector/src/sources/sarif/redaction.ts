import type { Redaction } from '../secrets/json.ts';
import { marked } from '../secrets/mark.ts';
import { withoutSecrets } from '../secrets/text.ts';

const nothing = (): string => '';

/** Snippets, whatever the tool: of a scanner for secrets they are secrets. The files themselves, where a tool puts them in. */
export const redaction: Redaction = (key, parent) => {
  switch (parent) {
    case 'snippet':
      return key === 'text' ? marked : nothing;
    case 'rendered':
    case 'contents':
      return key === 'text' || key === 'markdown' || key === 'binary' ? nothing : null;
    case 'message':
      return withoutSecrets;
    default:
      return key === 'commandLine' || key === 'arguments' ? withoutSecrets : null;
  }
};
