import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { checkedLookup, literalAddress, refuseAddress } from '../core/checked-addresses.ts';

/** How an endpoint answered: its status, and the seconds of `Retry-After` if it sent them. */
export interface Answer {
  readonly status: number;
  readonly retryAfterMs?: number;
}

const TIMEOUT_MS = 15_000;

/**
 * Posts JSON to an address. The address is checked at every call, and the connection goes to the address that was checked.
 * Follows no redirect and does not read what the endpoint sends. Throws if there is no answer within 15 s.
 */
export function post(url: string, headers: Record<string, string>, body: string, allowPrivate: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    if (target.protocol !== 'https:' && !allowPrivate) return reject(new Error('only https is allowed'));
    const literal = literalAddress(target.hostname);
    const refused = literal === undefined ? undefined : refuseAddress(literal, { allowPrivate });
    if (refused !== undefined) return reject(new Error(`its address is not allowed: ${refused}`));
    const send = target.protocol === 'https:' ? overHttps : overHttp;
    const request = send(
      target,
      {
        method: 'POST',
        // A connection that is kept would not be checked again.
        agent: false,
        lookup: checkedLookup({ allowPrivate }) as unknown as LookupFunction,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'user-agent': 'plugmux', ...headers },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        const after = Number(response.headers['retry-after']);
        resolve({ status: response.statusCode ?? 0, ...(Number.isFinite(after) && after > 0 ? { retryAfterMs: after * 1000 } : {}) });
        response.destroy();
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
