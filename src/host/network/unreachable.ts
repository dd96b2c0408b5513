import type { HttpProxy } from './proxy.ts';

const SETTINGS = '"proxy" in mcp.json, or HTTP_PROXY, HTTPS_PROXY and NO_PROXY';
const CHECK = `Check ${SETTINGS}; the gateway keeps trying.`;
const LOGIN = `Add user and password to the proxy's address, like http://user:password@proxy.example.com:3128: ${SETTINGS}.`;

/** A failure of a proxy. */
export class ProxyError extends Error {
  readonly fix: string;

  constructor(proxy: HttpProxy | undefined, what: string, { fix = CHECK, ...options }: ErrorOptions & { readonly fix?: string } = {}) {
    super(`${proxy ? `the proxy ${proxy.name}` : 'a proxy on the way'} ${what}`, options);
    this.fix = fix;
  }
}

const UNREACHABLE: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ENOTFOUND', 'the host name does not exist'],
  ['EAI_AGAIN', 'the DNS lookup failed'],
  ['EHOSTUNREACH', 'there is no route to the host'],
  ['ENETUNREACH', 'there is no route to the network'],
  ['ETIMEDOUT', 'it does not respond'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it does not respond'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is signed by an unknown authority'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate cannot be verified'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host name'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not use TLS'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'it does not use TLS'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'it supports no secure TLS version'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'it supports no secure TLS version'],
]);

/** The proxy failure among the causes of an error, if any. */
export function proxyFault(error: unknown): ProxyError | undefined {
  if (error instanceof ProxyError) return error;
  return error instanceof Error && error.cause !== undefined ? proxyFault(error.cause) : undefined;
}

/** Why a connection failed; undefined if the error has another cause. */
export function unreachable(error: Error): string | undefined {
  if (error instanceof ProxyError) return error.message;
  // Errors of other kinds may have a code of another type, such as an HTTP status.
  const { code, cause, errors } = error as { readonly code?: unknown; readonly cause?: unknown; readonly errors?: readonly unknown[] };
  const name = typeof code === 'string' ? code : '';
  const known = UNREACHABLE.get(name);
  if (known !== undefined) return known;
  if (name.startsWith('ERR_SSL_')) return `TLS failed: ${name.slice('ERR_SSL_'.length).toLowerCase().replaceAll('_', ' ')}`;
  // A name with several addresses causes one error per address.
  const inner = errors?.[0] ?? cause;
  return inner instanceof Error && inner !== error ? unreachable(inner) : undefined;
}

/** The error for HTTP 407; undefined for another status. Without `proxy`: the proxy is not configured here. */
export function refusalOf(proxy: HttpProxy | undefined, status: number): ProxyError | undefined {
  if (status !== 407) return undefined;
  const what = proxy?.authorization === undefined ? 'requires a login (HTTP 407)' : 'rejected the login (HTTP 407)';
  return new ProxyError(proxy, what, { fix: LOGIN });
}

/** The cause of a failed fetch. For HTTP 407, fetch throws an error with an empty message, as the standard requires. */
export function toFetchFault(error: unknown): unknown {
  const hidden = error instanceof TypeError && error.cause instanceof Error && error.cause.message === '' && !('code' in error.cause);
  return hidden ? refusalOf(undefined, 407) : error;
}

/** The error of a failed connection to a proxy. */
export function proxyFailure(proxy: HttpProxy, error: Error): ProxyError {
  return new ProxyError(proxy, `cannot be used: ${unreachable(error) ?? error.message}`, { cause: error });
}
