import type * as V2 from '@aws-sdk/client-apigatewayv2';
import type * as V1 from '@aws-sdk/client-api-gateway';
import type { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import type { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { type AwsFinder, type AwsPlace, asked, partitionOf } from '../found.ts';

type SdkV1 = typeof V1;
type SdkV2 = typeof V2;

/** Stages of REST, HTTP and WebSocket APIs that are not private, and the names of one's own that lead to APIs. */
export const apigateway: AwsFinder = {
  service: 'apigateway',
  global: false,
  find: async (place) => {
    const v1 = await import('@aws-sdk/client-api-gateway');
    const rest = new v1.APIGatewayClient(place.settings);
    const names = new Set<string>();
    try {
      await restApis(v1, rest, place);
      await restNames(v1, rest, place, names);
    } finally {
      rest.destroy();
    }
    const v2 = await import('@aws-sdk/client-apigatewayv2');
    const http = new v2.ApiGatewayV2Client(place.settings);
    try {
      await httpApis(v2, http, place);
      await httpNames(v2, http, place, names);
    } finally {
      http.destroy();
    }
  },
};

/** All calls of API Gateway need this one right, each on its own path. */
const RIGHT = 'apigateway:GET';

async function restApis(sdk: SdkV1, client: APIGatewayClient, place: AwsPlace): Promise<void> {
  const found = await asked(RIGHT, async () => {
    const all = [];
    for await (const { items } of sdk.paginateGetRestApis({ client }, {})) all.push(...(items ?? []));
    return all.filter(
      ({ endpointConfiguration, disableExecuteApiEndpoint }) =>
        disableExecuteApiEndpoint !== true && endpointConfiguration?.types?.includes('PRIVATE') !== true,
    );
  });
  for (const { id = '', name = '', tags = {} } of found) {
    const { item } = await asked(RIGHT, () =>
      client.send(new sdk.GetStagesCommand({ restApiId: id }), { abortSignal: place.signal }),
    );
    for (const { stageName = '' } of item ?? []) {
      place.add({
        type: 'REST API',
        id: arnOf(place, `/restapis/${id}/stages/${stageName}`),
        name: `${name || id} ${stageName}`,
        endpoint: `https://${id}.execute-api.${place.region}.${suffixOf(place.region)}/${stageName}`,
        tags,
        detail: '',
      });
    }
  }
}

async function restNames(
  sdk: SdkV1,
  client: APIGatewayClient,
  place: AwsPlace,
  names: Set<string>,
): Promise<void> {
  await asked(RIGHT, async () => {
    for await (const { items } of sdk.paginateGetDomainNames({ client }, {})) {
      for (const { domainName = '', endpointConfiguration, tags = {} } of items ?? []) {
        if (endpointConfiguration?.types?.includes('PRIVATE') === true) continue;
        addName(place, names, domainName, tags);
      }
    }
  });
}

async function httpApis(sdk: SdkV2, client: ApiGatewayV2Client, place: AwsPlace): Promise<void> {
  const apis = await asked(RIGHT, () =>
    pages(async (NextToken) => {
      const { Items, NextToken: next } = await client.send(
        new sdk.GetApisCommand({ ...(NextToken === undefined ? {} : { NextToken }) }),
        { abortSignal: place.signal },
      );
      return { items: Items ?? [], next };
    }),
  );
  for (const {
    ApiId = '',
    Name = '',
    ApiEndpoint = '',
    ProtocolType,
    DisableExecuteApiEndpoint,
    Tags,
  } of apis) {
    if (DisableExecuteApiEndpoint === true || ApiEndpoint === '') continue;
    const stages = await asked(RIGHT, () =>
      pages(async (NextToken) => {
        const { Items, NextToken: next } = await client.send(
          new sdk.GetStagesCommand({ ApiId, ...(NextToken === undefined ? {} : { NextToken }) }),
          { abortSignal: place.signal },
        );
        return { items: Items ?? [], next };
      }),
    );
    for (const { StageName = '' } of stages) {
      place.add({
        type: ProtocolType === 'WEBSOCKET' ? 'WebSocket API' : 'HTTP API',
        id: arnOf(place, `/apis/${ApiId}/stages/${StageName}`),
        name: `${Name || ApiId} ${StageName}`,
        // A scanner of sites speaks to what begins with https only.
        endpoint: `${ApiEndpoint.replace(/^wss:/, 'https:')}${StageName === '$default' ? '' : `/${StageName}`}`,
        tags: Tags ?? {},
        detail: '',
      });
    }
  }
}

async function httpNames(
  sdk: SdkV2,
  client: ApiGatewayV2Client,
  place: AwsPlace,
  names: Set<string>,
): Promise<void> {
  const found = await asked(RIGHT, () =>
    pages(async (NextToken) => {
      const { Items, NextToken: next } = await client.send(
        new sdk.GetDomainNamesCommand({ ...(NextToken === undefined ? {} : { NextToken }) }),
        { abortSignal: place.signal },
      );
      return { items: Items ?? [], next };
    }),
  );
  for (const { DomainName = '', Tags } of found) addName(place, names, DomainName, Tags ?? {});
}

/** Both versions list the same names. */
function addName(
  place: AwsPlace,
  names: Set<string>,
  name: string,
  tags: Readonly<Record<string, string>>,
): void {
  if (name === '' || name.includes('*') || names.has(name)) return;
  names.add(name);
  place.add({
    type: 'API domain',
    id: arnOf(place, `/domainnames/${name}`),
    name,
    endpoint: `https://${name.toLowerCase()}`,
    tags,
    detail: '',
  });
}

async function pages<T>(
  ask: (
    token: string | undefined,
  ) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const { items, next } = await ask(token);
    all.push(...items);
    token = next;
  } while (token !== undefined && token !== '');
  return all;
}

function arnOf({ region }: AwsPlace, resource: string): string {
  return `arn:${partitionOf(region)}:apigateway:${region}::${resource}`;
}

function suffixOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}
