import type { Id } from '../../mcp/wire/wire.ts';
import { readMessages } from './open-requests.ts';

/** Requests that a client sends by itself, also if nobody uses it. */
const LISTEN = 'subscriptions/listen';
const PING = 'ping';

/**
 * What a line of the client needs while its gateway was stopped: another gateway, nothing until there is one, or replies to
 * pings.
 */
export function whileStopped(line: Buffer): 'starts' | 'waits' | { readonly pings: readonly Id[] } {
  const messages = readMessages(line);
  const requests = messages?.filter((message) => message.kind === 'request');
  if (!requests?.every(({ method }) => method === LISTEN || method === PING)) return 'starts';
  const pings = requests.filter(({ method }) => method === PING).map(({ id }) => id);
  if (pings.length === 0) return 'waits';
  return pings.length === messages?.length ? { pings } : 'starts';
}
