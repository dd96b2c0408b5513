import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { meantAddress } from '../../core/addresses.ts';
import { createNetworks } from '../../core/networks.ts';

/** The reverse proxies that the operator trusts to name the client's address. */
export interface Proxies {
  /** Whether a trusted proxy has this address. */
  has(address: string): boolean;
  /** The client address of a request: the peer of the connection, or the one that trusted proxies report. */
  clientOf(request: Pick<IncomingMessage, 'headers' | 'socket'>): string;
}

/** Creates the list from addresses and networks. */
export function createProxies(entries: readonly string[]): Proxies {
  const { has } = createNetworks(entries);
  return {
    has,
    clientOf({ headers, socket }) {
      let client = meantAddress(socket.remoteAddress ?? '');
      if (!has(client)) return client;
      // Each proxy appends its client, so the rightmost address that is not a trusted proxy is the client.
      for (const entry of forwardedFor(headers).reverse()) {
        const named = readAddress(entry);
        // Trusted proxies append valid addresses, so anything else was forged before it: the proxy counts as the client.
        if (named === undefined) return client;
        client = named;
        if (!has(client)) return client;
      }
      return client;
    },
  };
}

function forwardedFor({ 'x-forwarded-for': header }: IncomingMessage['headers']): string[] {
  return header === undefined ? [] : String(header).split(',');
}

// As proxies write them: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
function readAddress(entry: string): string | undefined {
  const text = entry.trim();
  const bare = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? undefined : meantAddress(bare.toLowerCase());
}
