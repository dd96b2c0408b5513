import type { HttpProxy } from './proxy.ts';

const SETTINGS = '"proxy" in mcp.json, or HTTP_PROXY, HTTPS_PROXY and NO_PROXY';
const CHECK = `Check ${SETTINGS}; the gateway keeps trying.`;
const LOGIN = `Give the proxy's address with its user and password, like http://user:password@proxy.example.com:3128: ${SETTINGS}.`;

/** A proxy that did not do its part; the message says what it did instead. */
export class ProxyError extends Error {
  readonly fix: string;

  constructor(proxy: HttpProxy | undefined, what: string, { fix = CHECK, ...options }: ErrorOptions & { readonly fix?: string } = {}) {
    super(`${proxy ? `the proxy ${proxy.name}` : 'a proxy on the way'} ${what}`, options);
    this.fix = fix;
  }
}

const UNREACHABLE: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'the name is not known'],
  ['EAI_AGAIN', 'the name could not be looked up'],
  ['EHOSTUNREACH', 'there is no way to that machine'],
  ['ENETUNREACH', 'there is no way to that network'],
  ['ETIMEDOUT', 'it does not answer'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it does not answer'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is signed by nobody but itself'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is signed by an authority that is not known here'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate cannot be verified'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it answers without TLS'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'it answers without TLS'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'it knows no version of TLS that is safe'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'it knows no version of TLS that is safe'],
]);

/** What a proxy failed with, if it was one that failed and not what lies behind it. */
export function proxyFault(error: unknown): ProxyError | undefined {
  if (error instanceof ProxyError) return error;
  return error instanceof Error && error.cause !== undefined ? proxyFault(error.cause) : undefined;
}

/** Why an address could not be reached at all; undefined where it was. */
export function unreachable(error: Error): string | undefined {
  if (error instanceof ProxyError) return error.message;
  // Other errors have a code, too: an HTTP status, for some.
  const { code, cause, errors } = error as { readonly code?: unknown; readonly cause?: unknown; readonly errors?: readonly unknown[] };
  const name = typeof code === 'string' ? code : '';
  const known = UNREACHABLE.get(name);
  if (known !== undefined) return known;
  if (name.startsWith('ERR_SSL_')) return `TLS fails: ${name.slice('ERR_SSL_'.length).toLowerCase().replaceAll('_', ' ')}`;
  // A name with several addresses fails once for each.
  const inner = errors?.[0] ?? cause;
  return inner instanceof Error && inner !== error ? unreachable(inner) : undefined;
}

/** What a status says of the login at the proxy; undefined if it is about something else. No proxy: one that is not named anywhere. */
export function refusalOf(proxy: HttpProxy | undefined, status: number): ProxyError | undefined {
  if (status !== 407) return undefined;
  const what = proxy?.authorization === undefined ? 'wants a login (HTTP 407)' : 'refuses its login (HTTP 407)';
  return new ProxyError(proxy, what, { fix: LOGIN });
}

/** What a fetch failed with. It hides an answer with HTTP 407 behind an error without words, as the standard has it. */
export function toFetchFault(error: unknown): unknown {
  const hidden = error instanceof TypeError && error.cause instanceof Error && error.cause.message === '' && !('code' in error.cause);
  return hidden ? refusalOf(undefined, 407) : error;
}

/** Why a proxy is of no use. */
export function proxyFailure(proxy: HttpProxy, error: Error): ProxyError {
  return new ProxyError(proxy, `cannot be used: ${unreachable(error) ?? error.message}`, { cause: error });
}
