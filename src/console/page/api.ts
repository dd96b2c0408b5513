import { signal } from '@preact/signals';
import type { ApiError, LoginAnswer } from '../api/types.ts';

/** Where the page was loaded from, so that it works behind any proxy. */
const base = new URL('api/console/', document.baseURI);
const STORED = 'plugmux.key';

/** The key of this browser; undefined: log in first. */
export const key = signal<string | undefined>(localStorage.getItem(STORED) ?? undefined);
/** Why the login screen is shown, if there is a reason. */
export const loggedOut = signal('');

/** An answer that is not what was asked for. `status` 0: the gateway did not answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly fix: string | undefined;
  readonly fields: { readonly [key: string]: string };
  readonly ref: string | undefined;

  constructor(status: number, { code, message, fix, field, fields, ref }: ApiError['error']) {
    super(message);
    this.status = status;
    this.code = code;
    this.fix = fix;
    this.fields = fields ?? (field === undefined ? {} : { [field]: message });
    this.ref = ref;
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** The address of a route, as a person can use it outside of the page. */
export const addressOf = (path: string): string => new URL(path, base).href;

export function liveAddress(): string {
  const address = new URL('live', base);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

/** Asks one route. Throws a Refusal, also if the request was aborted (code `ABORTED`). */
export async function ask<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const used = key.value;
  const headers = new Headers();
  if (used !== undefined) headers.set('authorization', `Bearer ${used}`);
  if (body !== undefined) headers.set('content-type', 'application/json');
  let response: Response;
  let text: string;
  try {
    response = await fetch(addressOf(path), {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
    text = await response.text();
  } catch {
    if (signal?.aborted) throw new Refusal(0, { code: 'ABORTED', message: 'The request was cancelled.' });
    throw new Refusal(0, { code: 'UNREACHABLE', message: 'The gateway cannot be reached.', fix: 'Check that it runs, then try again.' });
  }
  if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
  // Another tab may have logged in since.
  if (response.status === 401 && used !== undefined && key.value === used) forget('The login is no longer valid.');
  throw new Refusal(response.status, errorOf(response.status, text));
}

function errorOf(status: number, text: string): ApiError['error'] {
  try {
    const { error } = JSON.parse(text) as ApiError;
    if (typeof error.message === 'string') return error;
  } catch {}
  return { code: `HTTP_${status}`, message: `The gateway answered with status ${status}.` };
}

export async function login(proof: { code: string } | { token: string }): Promise<void> {
  const answer = await ask<LoginAnswer>('POST', 'login', proof);
  localStorage.setItem(STORED, answer.key);
  loggedOut.value = '';
  key.value = answer.key;
}

export async function logout(everywhere: boolean): Promise<void> {
  await ask('POST', 'logout', everywhere ? { everywhere } : {});
  forget(everywhere ? 'You are logged out in every browser.' : 'You are logged out.');
}

/** Drops the key; the login screen shows why. */
export function forget(why: string): void {
  localStorage.removeItem(STORED);
  loggedOut.value = why;
  key.value = undefined;
}

addEventListener('storage', (event) => {
  if (event.key === STORED) key.value = event.newValue ?? undefined;
});
