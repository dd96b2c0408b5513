import type { HttpProxy } from './proxy.ts';

/** A proxy that did not do its part; the message says what it did instead. */
export class ProxyError extends Error {
  constructor({ name }: HttpProxy, what: string, options?: ErrorOptions) {
    super(`the proxy ${name} ${what}`, options);
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

/** Whether it was a proxy that failed, and not what lies behind it. */
export function isProxyFault(error: unknown): boolean {
  return error instanceof ProxyError || (error instanceof Error && error.cause !== undefined && isProxyFault(error.cause));
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

/** What a status says of the login at the proxy; undefined if it is about something else. */
export function refusalOf({ authorization }: HttpProxy, status: number): string | undefined {
  if (status !== 407) return undefined;
  return authorization === undefined ? 'wants a login (HTTP 407)' : 'refuses its login (HTTP 407)';
}

/** Why a proxy is of no use. */
export function proxyFailure(proxy: HttpProxy, error: Error): ProxyError {
  return new ProxyError(proxy, `cannot be used: ${unreachable(error) ?? error.message}`, { cause: error });
}
