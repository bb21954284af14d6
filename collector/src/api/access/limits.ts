import type { RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit, type RateLimitRequestHandler } from 'express-rate-limit';
import * as net from 'node:net';
import { sendProblem } from '../problem.ts';

const MINUTE_MS = 60_000;

/** Answers 429 to who asks more than `limit` times in a minute; each limiter counts for itself. */
export function limiter(
  limit: number,
  name: string,
  keyOf: (response: Response) => string,
): RateLimitRequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit,
    identifier: name,
    keyGenerator: (_request, response) => keyOf(response),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, response) => {
      sendProblem(
        response,
        429,
        'Too many requests',
        `More than ${limit} in a minute: try again after what Retry-After says.`,
      );
    },
  });
}

export const noLimit: RequestHandler = (_request, _response, next) => {
  next();
};

/** Of IPv6 the network: one customer has 2^64 addresses and more. */
export function keyOfAddress(address: string): string {
  return net.isIP(address) === 0 ? `other:${address}` : `address:${ipKeyGenerator(address)}`;
}
