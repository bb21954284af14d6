import type { Redaction } from '../secrets/json.ts';
import { secretMark } from '../secrets/mark.ts';
import { withoutSecrets } from '../secrets/text.ts';

/** `NAME=value` of an image's environment. */
function variable(text: string): string {
  const at = text.indexOf('=');
  return at < 0 ? text : `${text.slice(0, at + 1)}${secretMark(text.slice(at + 1))}`;
}

/** Trivy puts stars over what it finds, but not in every version, and not in the code around it or the image's own configuration. */
export const redaction: Redaction = (key) => {
  switch (key) {
    case 'Match':
    case 'match':
    case 'Content':
    case 'Highlighted':
      return secretMark;
    case 'Env':
      return variable;
    case 'created_by':
    case 'ArtifactName':
    case 'Cmd':
    case 'Entrypoint':
      return withoutSecrets;
    default:
      return null;
  }
};
