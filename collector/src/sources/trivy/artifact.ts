import type { Place } from '../common/place.ts';
import { firstOf } from '../common/values.ts';

/** What a report is about. */
export interface Artifact {
  readonly cloud: string;
  readonly account: string;
}

const CLOUD_OF: Readonly<Record<string, string>> = {
  container_image: 'container',
  image: 'container',
  filesystem: 'code',
  repository: 'code',
  vm: 'vm',
  cyclonedx: 'sbom',
  spdx: 'sbom',
  aws_account: 'aws',
};

/** An image's name without tag and digest: those change with every build. */
export function imageName(reference: string): string {
  const bare = reference.replace(/@sha256:[0-9a-f]+$/i, '').trim();
  const colon = bare.lastIndexOf(':');
  return colon > bare.lastIndexOf('/') ? bare.slice(0, colon) : bare;
}

/** A repository's address without protocol, credentials and `.git`. */
function repositoryName(address: string): string {
  return address
    .trim()
    .replace(/^[a-z+]+:\/\/(?:[^@/]*@)?/i, '')
    .replace(/^git@([^:]+):/, '$1/')
    .replace(/\.git$/, '')
    .replace(/\/+$/, '');
}

/** `nginx:1.27 (debian 12.5)`: the target of an image's packages names it. */
function withoutSystem(target: string): string {
  return target.replace(/\s*\([^()]*\)$/, '');
}

/**
 * @param name as the report has it: an image, the address of a repository, or a path
 * @param target of the first result, which names the image where `name` does not
 */
export function artifactOf(type: string, name: string, target: string, place: Place | undefined): Artifact {
  const cloud = place?.cloud ?? CLOUD_OF[type.toLowerCase()] ?? 'container';
  if (cloud === 'code') {
    const named = /[/:]/.test(name) && !/^[./~]/.test(name) ? repositoryName(name) : '';
    // A path on the machine that scanned says little: the caller knows better.
    const account = type === 'repository' ? firstOf(named, place?.account) : firstOf(place?.account, named);
    return { cloud, account: account || firstOf(name) || 'unnamed' };
  }
  const image = imageName(name) || imageName(withoutSystem(target));
  return { cloud, account: firstOf(image, place?.account) || 'unnamed' };
}
