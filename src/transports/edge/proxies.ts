import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { meantAddress } from '../../core/addresses.ts';
import { createNetworks } from '../../core/networks.ts';

/** The reverse proxies that the operator trusts: what they say of a client's address counts. */
export interface Proxies {
  /** Whether a trusted proxy has this address. */
  has(address: string): boolean;
  /** The address of the client behind a request: that of the connection, or what the trusted proxies say. */
  clientOf(request: Pick<IncomingMessage, 'headers' | 'socket'>): string;
}

/** Trusts the proxies at some addresses, or in some networks. */
export function createProxies(entries: readonly string[]): Proxies {
  const { has } = createNetworks(entries);
  return {
    has,
    clientOf({ headers, socket }) {
      let client = meantAddress(socket.remoteAddress ?? '');
      if (!has(client)) return client;
      // Each proxy adds its own client at the right, so the first address from there that is not a trusted proxy is the client.
      for (const entry of forwardedFor(headers).reverse()) {
        const named = readAddress(entry);
        // A trusted proxy knows its client's address, so anything else was made up before it: the proxy counts as the client.
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
