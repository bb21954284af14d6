import type { Redaction } from '../secrets/json.ts';
import { marked, secretMark } from '../secrets/mark.ts';
import { withoutSecrets } from '../secrets/text.ts';
import { withoutUriSecrets } from './uri.ts';

const nothing = (): string => '';

/**
 * Snippets, whatever the tool: of a scanner for secrets they are secrets. The files themselves, where a tool puts them in; what a web
 * scanner sent and got; what was in the environment; credentials in addresses.
 */
export const redaction: Redaction = (key, parent) => {
  switch (parent) {
    case 'snippet':
      return key === 'text' ? marked : nothing;
    case 'rendered':
    case 'contents':
    case 'body':
      return key === 'text' || key === 'markdown' || key === 'binary' ? nothing : null;
    case 'headers':
    case 'parameters':
      return nothing;
    case 'environmentVariables':
      return secretMark;
    case 'message':
      return withoutSecrets;
    case 'webRequest':
      return key === 'target' ? withoutQuery : null;
    default:
      return ofMember(key);
  }
};

function ofMember(key: string): ReturnType<Redaction> {
  if (key === 'uri' || key === 'repositoryUri') return withoutUriSecrets;
  return key === 'commandLine' || key === 'arguments' ? withoutSecrets : null;
}

/** Also of a target that is a path alone. */
function withoutQuery(target: string): string {
  return withoutUriSecrets(target).replace(/[?#].*$/s, '');
}
