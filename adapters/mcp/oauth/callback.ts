import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deferred } from '../../../src/core/deferred.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { escapeForTerminal, shorten } from '../../../src/core/text/text.ts';

/** Parameters of the browser's redirect. */
export interface Answer {
  readonly code: string;
  /** The issuer that the redirect names (RFC 9207). */
  readonly iss?: string;
}

/** The redirect endpoint of a login. */
export interface Callback {
  readonly url: string;
  /** Rejects if the authorization server denied the login. */
  readonly answer: Promise<Answer>;
  close(): void;
}

const PATH = '/callback';
const MAX_REASON_LENGTH = 300;

/**
 * Listens on loopback for the browser's redirect and rejects requests without the right `state`. `at`: the port, or the whole
 * registered redirect URI; any free port by default.
 */
export async function openCallback(word: string, at: number | URL = 0): Promise<Callback> {
  const named = at instanceof URL ? at : undefined;
  const port = at instanceof URL ? Number(at.port || 80) : at;
  const answer = deferred<Answer>();
  answer.promise.catch(() => undefined);
  const server = createServer((request, response) => {
    const respond = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', connection: 'close' });
      response.end(`${text}\n`);
    };
    const target = new URL(request.url ?? '/', origin());
    if (request.method !== 'GET' || request.headers.host !== new URL(origin()).host || target.pathname !== (named?.pathname ?? PATH))
      return respond(404, 'Not found.');
    const { searchParams: query } = target;
    if (!isSame(query.get('state') ?? '', word)) return respond(400, 'This is not the current login. Start it again.');
    const code = query.get('code');
    if (code === null || query.has('error')) {
      respond(200, 'The login was denied. You can close this page.');
      return answer.reject(toRefusal(query));
    }
    const iss = query.get('iss');
    respond(200, 'The browser part of the login is done. You can close this page; the terminal shows the result.');
    answer.resolve({ code, ...(iss === null ? {} : { iss }) });
  });
  const origin = (): string => named?.origin ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new GatewayError('BIND_REFUSED', `Cannot listen on port ${port}: ${error.message}.`)));
    server.listen(port, named && named.hostname !== 'localhost' ? named.hostname.replace(/^\[|\]$/g, '') : '127.0.0.1', resolve);
  });
  return {
    url: named?.href ?? origin() + PATH,
    answer: answer.promise,
    close() {
      server.close();
      server.closeIdleConnections();
    },
  };
}

function toRefusal(query: URLSearchParams): GatewayError {
  const reason = [query.get('error'), query.get('error_description')].filter((text) => text !== null).join(': ');
  const why = reason === '' ? 'it returned no code' : shorten(escapeForTerminal(reason), MAX_REASON_LENGTH);
  return new GatewayError('LOGIN_REFUSED', `The authorization server denied the login: ${why}.`, { fix: 'Log in again.' });
}

function isSame(given: string, word: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(word)];
  return a.length === b.length && timingSafeEqual(a, b);
}
