/** `[check11] Avoid the use of the root account (Scored)`: what Prowler 2 has for a check's id and title. */
export function controlOf(text: string): { readonly checkId: string; readonly title: string } {
  const parts = /^\s*\[(\w+)\]\s*(.*)$/s.exec(text);
  if (parts === null) return { checkId: '', title: text.trim() };
  return {
    checkId: parts[1] ?? '',
    title: (parts[2] ?? '').replace(/\s*\((?:Not )?(?:Scored|part of CIS benchmark)\)/gi, '').trim(),
  };
}
