/** A ReplicaSet's, Pod's or Job's name without what its controller appends to it anew with each deployment. */
export function workloadName(kind: string, name: string): string {
  const hash = '-[bcdfghjklmnpqrstvwxz2456789]{6,10}';
  switch (kind.toLowerCase()) {
    case 'replicaset':
      return name.replace(new RegExp(`${hash}$`), '');
    case 'pod':
      return name.replace(new RegExp(`(?:${hash})?-[bcdfghjklmnpqrstvwxz2456789]{5}$`), '');
    case 'job':
      return name.replace(/-\d{8,10}$/, '');
    default:
      return name;
  }
}
