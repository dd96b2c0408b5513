import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayError } from '../../../src/core/errors.ts';
import { escapeForTerminal, shorten } from '../../../src/core/text/text.ts';

/** What a browser brings back from a login. */
export interface Answer {
  readonly code: string;
  /** The authorization server that says it sent the browser here. */
  readonly iss?: string;
}

/** Where a browser comes back to. */
export interface Callback {
  readonly url: string;
  /** Rejects where the login was refused over there. */
  readonly answer: Promise<Answer>;
  close(): void;
}

const PATH = '/callback';
const MAX_REASON_LENGTH = 300;

/**
 * Listens on loopback for the browser's redirect; a request without the right `state` is refused. `at`: the port, or the whole
 * address that the server knows; any free port where it is absent.
 */
export async function openCallback(word: string, at: number | URL = 0): Promise<Callback> {
  const named = at instanceof URL ? at : undefined;
  const port = at instanceof URL ? Number(at.port || 80) : at;
  let settle: (answer: Answer) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const answer = new Promise<Answer>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  answer.catch(() => undefined);
  const server = createServer((request, response) => {
    const say = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', connection: 'close' });
      response.end(`${text}\n`);
    };
    const target = new URL(request.url ?? '/', origin());
    if (request.method !== 'GET' || request.headers.host !== new URL(origin()).host || target.pathname !== (named?.pathname ?? PATH))
      return say(404, 'Not here.');
    const { searchParams: query } = target;
    if (!isSame(query.get('state') ?? '', word)) return say(400, 'This is not the login that is waited for. Start it again.');
    const code = query.get('code');
    if (code === null || query.has('error')) {
      say(200, 'The login was refused. You can close this page.');
      return fail(toRefusal(query));
    }
    const iss = query.get('iss');
    say(200, 'You are logged in as far as the browser is concerned. You can close this page; the terminal says how it went on.');
    settle({ code, ...(iss === null ? {} : { iss }) });
  });
  const origin = (): string => named?.origin ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new GatewayError('BIND_REFUSED', `Port ${port} cannot be listened on: ${error.message}.`)));
    server.listen(port, named && named.hostname !== 'localhost' ? named.hostname.replace(/^\[|\]$/g, '') : '127.0.0.1', resolve);
  });
  return {
    url: named?.href ?? origin() + PATH,
    answer,
    close() {
      server.close();
      server.closeIdleConnections();
    },
  };
}

function toRefusal(query: URLSearchParams): GatewayError {
  const said = [query.get('error'), query.get('error_description')].filter((text) => text !== null).join(': ');
  const why = said === '' ? 'it gave no code' : shorten(escapeForTerminal(said), MAX_REASON_LENGTH);
  return new GatewayError('LOGIN_REFUSED', `The login was refused by the authorization server: ${why}.`, { fix: 'Log in again.' });
}

function isSame(given: string, word: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(word)];
  return a.length === b.length && timingSafeEqual(a, b);
}
