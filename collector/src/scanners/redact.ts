const SHORTEST = 6;
const ANSI = /\p{Cc}\[[0-9;?]*[A-Za-z]/gu;

/** Takes secrets, and what colours a terminal, out of text. A value of under six characters would hit ordinary words. */
export function redactor(values: Iterable<string>): (text: string) => string {
  const secrets = new Set<string>();
  for (const value of values) {
    // As a line of its own each, since output is looked at by line; and as it stands in JSON and in addresses.
    for (const part of [value, ...value.split(/\r?\n/)]) {
      for (const form of [part, JSON.stringify(part).slice(1, -1), encodeURIComponent(part)]) {
        if (form.length >= SHORTEST) secrets.add(form);
      }
    }
  }
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  return (text) => {
    let shown = text.replace(ANSI, '');
    for (const secret of longestFirst) shown = shown.replaceAll(secret, '[redacted]');
    return shown;
  };
}

/** The same for values of which more come while text is looked at. */
export function growingRedactor(values: () => readonly string[]): (text: string) => string {
  let count = -1;
  let redact = redactor([]);
  return (text) => {
    const now = values();
    if (now.length !== count) redact = redactor(now);
    count = now.length;
    return redact(text);
  };
}
