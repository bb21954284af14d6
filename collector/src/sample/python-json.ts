/** JSON as Python's `json.dumps(value, sort_keys=True)` writes it: sorted keys, a blank after `,` and `:`, ASCII only. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => `${ascii(JSON.stringify(key))}: ${pythonJson(part)}`);
    return `{${parts.join(', ')}}`;
  }
  return ascii(JSON.stringify(value ?? null));
}

function ascii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
