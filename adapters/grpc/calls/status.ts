import { type ServiceError, status } from '@grpc/grpc-js';
import { errorResult, type ToolResult } from '../../../src/core/contract/content.ts';
import { GatewayError, MAX_TEXT_LENGTH } from '../../../src/core/errors.ts';
import { shorten } from '../../../src/core/text/text.ts';
import { readDetails } from './details.ts';

/** Converts a failed call to a result that a model can act on. Throws if the failure is not the server's answer. */
export function toFailure(error: ServiceError, method: string): ToolResult {
  const { code, metadata } = error;
  const details = shorten(error.details ?? '', MAX_TEXT_LENGTH);
  const name = status[code] ?? `code ${code}`;
  const more = readDetails(metadata?.get('grpc-status-details-bin')[0]);
  const fail = (text: string): ToolResult =>
    errorResult([text, ...more.lines].join('\n'), {
      'grpc/status': { code, name, method, ...(more.retryAfterMs === undefined ? {} : { retryAfterMs: more.retryAfterMs }) },
    });
  switch (code) {
    case status.DEADLINE_EXCEEDED:
      throw new GatewayError('CALL_TIMEOUT', `The server did not answer in time: ${details || name}.`, { cause: error });
    case status.UNAVAILABLE:
      // A code 14 with details of its own comes from the server; the library's own texts say why it has no connection.
      throw new GatewayError('PLUGIN_UNAVAILABLE', `The server is unavailable: ${connectionFault(details)}.`, {
        outcome: isConnectionText(details) ? 'NOT_SENT' : 'SENT_NO_REPLY',
        cause: error,
        ...(more.retryAfterMs === undefined ? {} : { retryAfterMs: more.retryAfterMs }),
      });
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return fail(`${name}: ${details}\nThe server refuses: check "metadata" and the certificates of its entry.`);
    case status.RESOURCE_EXHAUSTED:
      if (/^Received message larger than max/.test(details) || /decompressed message/i.test(details))
        throw new GatewayError('RESULT_TOO_LARGE', `The response exceeds the limit: ${details}.`, { cause: error });
      return fail(details === '' ? name : `${name}: ${details}`);
    default:
      return fail(details === '' ? name : `${name}: ${details}`);
  }
}

const CONNECTION = /No connection established|Failed to connect|Name resolution failed|connection (was )?(lost|dropped|closed)|ECONN/i;

function isConnectionText(details: string): boolean {
  return /No connection established|Failed to connect|Name resolution failed/.test(details);
}

const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'the connection was refused'],
  [/ENOENT/, 'the socket does not exist'],
  [/ENOTFOUND|Name resolution failed/, 'the host name does not exist'],
  [/EAI_AGAIN/, 'the DNS lookup failed'],
  [/EHOSTUNREACH|ENETUNREACH/, 'there is no route to the host'],
  [/ETIMEDOUT/, 'it does not respond'],
  [/wrong version number|packet length too long/i, 'it does not use TLS (set "tls": false if that is right)'],
  [/self.signed/i, 'its certificate is self-signed (set "ca" to it)'],
  [/unable to (get|verify)/i, 'its certificate is signed by an unknown authority (set "ca")'],
  [/certificate has expired|CERT_HAS_EXPIRED/, 'its certificate has expired'],
  [/altnames|Hostname\/IP does not match/i, 'its certificate is for another host name (set "serverName")'],
  [/certificate required|handshake failure|bad certificate/i, 'it requires a certificate of the gateway (set "cert" and "key")'],
  [/ECONNRESET|Connection dropped/, 'it closed the connection'],
];

/** Why there is no connection, from the library's text; never ends with a period. */
export function connectionFault(details: string): string {
  const known = CAUSES.find(([pattern]) => pattern.test(details))?.[1];
  if (known !== undefined) return known;
  // Plaintext spoken to a TLS port, and a missing client certificate, both end like this.
  if (/Failed to connect/.test(details)) return 'it closes the connection at once: check "tls", and "cert" and "key" if it requires them';
  const text = details
    .replace(/^No connection established\. Last error: /, '')
    .replace(/\.?\s*Resolution note: .*$/s, '')
    .trim();
  return (text || (CONNECTION.test(details) ? 'there is no connection' : 'it gives no reason')).replace(/\.$/, '');
}
