import { createHmac } from 'node:crypto';
import { secretBytes } from '../config/events.ts';

/** The headers of Standard Webhooks 1.0 for a body: one signature per secret. `at`: the time of this try, in ms since 1970. */
export function signatureHeaders(id: string, at: number, body: string, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const sign = (secret: string): string =>
    `v1,${createHmac('sha256', secretBytes(secret) ?? Buffer.alloc(0))
      .update(`${id}.${timestamp}.${body}`)
      .digest('base64')}`;
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': secrets.map(sign).join(' ') };
}
