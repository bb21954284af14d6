import type * as http from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { closeServer, listen, urlOf } from './support.ts';

/** An issuer of tokens over HTTP: its discovery document, its keys, also where Grafana has them. */
export interface Issuer {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** What it answers with while it is not null. */
  failWith(status: number | null): void;
  /** Another document of discovery. */
  describe(document: Record<string, unknown>): void;
  key(kid: string): IssuerKey;
  /** Makes a key and publishes it. */
  addKey(kid: string, alg: string): Promise<void>;
  sign(claims: JWTPayload, options?: { kid?: string; typ?: string; header?: object }): Promise<string>;
  close(): Promise<void>;
}

interface IssuerKey {
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** What the key set holds of it. */
  readonly jwk: object;
}

export async function startIssuer(alg = 'RS256', kid = 'one'): Promise<Issuer> {
  const keys = new Map<string, IssuerKey>();
  const asked: string[] = [];
  let failure: number | null = null;
  let document: Record<string, unknown> | undefined;
  const server: http.Server = await listen((request, response) => {
    const where = request.url ?? '';
    asked.push(where);
    if (failure !== null) {
      response.writeHead(failure).end('{}');
      return;
    }
    const answers: Record<string, unknown> = {
      '/.well-known/openid-configuration': document ?? { issuer: url, jwks_uri: `${url}/jwks` },
      '/jwks': { keys: [...keys.values()].map(({ jwk }) => jwk) },
      '/api/signing-keys/keys': { keys: [...keys.values()].map(({ jwk }) => jwk) },
    };
    response.setHeader('Content-Type', 'application/json');
    response.writeHead(where in answers ? 200 : 404).end(JSON.stringify(answers[where] ?? {}));
  });
  const url = urlOf(server);
  const key = (name: string): IssuerKey => {
    const found = keys.get(name);
    if (found === undefined) throw new Error(`no key ${name}`);
    return found;
  };
  const issuer: Issuer = {
    url,
    asked,
    failWith: (status) => {
      failure = status;
    },
    describe: (given) => {
      document = given;
    },
    key,
    addKey: async (name, algorithm) => {
      const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
      const jwk = { ...(await exportJWK(publicKey)), kid: name, alg: algorithm, use: 'sig' };
      keys.set(name, { alg: algorithm, privateKey, publicKey, jwk });
    },
    sign: (claims, options = {}) => {
      const { alg: algorithm, privateKey } = key(options.kid ?? kid);
      return new SignJWT(claims)
        .setProtectedHeader({
          alg: algorithm,
          kid: options.kid ?? kid,
          typ: options.typ ?? 'JWT',
          ...options.header,
        })
        .sign(privateKey);
    },
    close: () => closeServer(server),
  };
  await issuer.addKey(kid, alg);
  return issuer;
}

export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}
