import type * as Sdk from '@aws-sdk/client-ecr';
import * as z from 'zod';
import { asked, askedPages, refusalOf } from './aws.ts';
import type { PullRequest } from './request.ts';

export interface Image {
  readonly imageDigest: string;
  /** For people: its first tag. */
  readonly name: string;
}

const PAGE = 1000;
const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** Of an image for several platforms. What signs or describes the others has the platform `unknown`. */
const index = z.object({
  manifests: z.array(
    z.object({ digest: z.string(), platform: z.object({ architecture: z.string() }).optional() }),
  ),
});

/** The images with a tag that were pushed last. Of one for several platforms, its parts: they are what is scanned. */
export async function imagesOf(
  sdk: typeof Sdk,
  client: Sdk.ECRClient,
  region: string,
  repositoryName: string,
  most: number,
  { signal }: PullRequest,
): Promise<Image[]> {
  let newest: Sdk.ImageDetail[] = [];
  const pages = sdk.paginateDescribeImages(
    { client },
    { repositoryName, filter: { tagStatus: 'TAGGED' }, maxResults: PAGE },
    { abortSignal: signal },
  );
  try {
    for await (const { imageDetails = [] } of askedPages('ecr:DescribeImages', region, pages)) {
      const tagged = imageDetails.filter(({ imageTags }) => (imageTags ?? []).length > 0);
      newest = [...newest, ...tagged].sort((a, b) => pushedAt(b) - pushedAt(a)).slice(0, most);
    }
  } catch (error) {
    // Deleted since it was listed.
    if (refusalOf(error) === 'RepositoryNotFoundException') return [];
    throw error;
  }
  const images: Image[] = [];
  for (const { imageDigest = '', imageTags, imageManifestMediaType = '' } of newest) {
    const name = imageTags?.[0] ?? imageDigest;
    if (!INDEX_TYPES.includes(imageManifestMediaType)) {
      images.push({ imageDigest, name });
      continue;
    }
    const command = new sdk.BatchGetImageCommand({
      repositoryName,
      imageIds: [{ imageDigest }],
      acceptedMediaTypes: INDEX_TYPES,
    });
    const answer = client.send(command, { abortSignal: signal });
    const { images: found } = await asked('ecr:BatchGetImage', region, answer);
    const parts = partsOf(found?.[0]?.imageManifest);
    // Then it is asked for itself, and has no scan: which is what is to be told.
    for (const part of parts.length === 0 ? [imageDigest] : parts) images.push({ imageDigest: part, name });
  }
  return images;
}

function pushedAt({ imagePushedAt }: Sdk.ImageDetail): number {
  return imagePushedAt?.getTime() ?? 0;
}

function partsOf(manifest: string | undefined): string[] {
  const read = index.safeParse(manifest === undefined ? undefined : JSON.parse(manifest));
  if (!read.success) return [];
  return read.data.manifests
    .filter(({ platform }) => platform?.architecture !== 'unknown')
    .map(({ digest }) => digest);
}
