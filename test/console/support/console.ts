import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { createLoginCode } from '../../../dist/src/console/login-code.js';
import { createConsoleKeys } from '../../../dist/src/store/console-keys.js';
import { createStateFile, type StateFile } from '../../../dist/src/store/state-file.js';
import type { LoginAnswer } from '../../../src/console/api/types.ts';
import type { Serving } from '../../support/gateway.ts';

/** The address of the API of a gateway. */
export function apiOf({ url }: Pick<Serving, 'url'>): string {
  return new URL('/api/console', url).href;
}

/** A code that logs in once, made as `plugmux console` makes it, now or at another time. */
export function makeCode(configFile: string, at = Date.now()): string {
  return withState(configFile, (file) => createLoginCode(file, at));
}

/** Ends every login, as another process does. */
export function removeSessions(configFile: string): void {
  withState(configFile, (file) => createConsoleKeys(file).removeAll());
}

function withState<T>(configFile: string, use: (file: StateFile) => T): T {
  const file = createStateFile(join(dirname(configFile), '.plugmux'));
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** One request to the API. */
export interface ApiRequest {
  readonly method?: string;
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer to one request. */
export interface ApiReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & { readonly error?: { code: string; message: string; field?: string } };
}

/** Sends one request below /api/console. */
export async function ask(gateway: Pick<Serving, 'url'>, path: string, options: ApiRequest = {}): Promise<ApiReply> {
  const { method = options.body === undefined ? 'GET' : 'POST', key, body } = options;
  const response = await fetch(apiOf(gateway) + path, {
    method,
    headers: {
      ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : (JSON.parse(text) as ApiReply['body']) };
}

/** Logs in by a code, or by a token. */
export async function login(gateway: Pick<Serving, 'url'>, credentials: { code: string } | { token: string }): Promise<LoginAnswer> {
  const { status, body } = await ask(gateway, '/login', { body: credentials });
  if (status !== 200) throw new Error(`login: ${status} ${JSON.stringify(body)}`);
  return body as unknown as LoginAnswer;
}

/** Sends one request with headers that `fetch` does not send, such as Host. */
export function rawAsk(
  { url }: Pick<Serving, 'url'>,
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Readonly<Record<string, string>>; body?: string } = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ host: hostname, port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
