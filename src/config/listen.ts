import { isLoopback } from '../core/addresses.ts';
import type { Config } from './config.ts';

/** Splits `127.0.0.1:8808`, `[::1]:8808` or `localhost:0`. Undefined if it is not an address with a port. */
export function parseListen(address: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(address);
  if (!match) return undefined;
  const port = Number(match[3]);
  return port > 65_535 ? undefined : { host: (match[1] ?? match[2]) as string, port };
}

/** A host as written in a URL: IPv6 addresses in brackets. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Whether the console is served: only on loopback, unless the file says otherwise. */
export function servesConsole({ console, listen }: Pick<Config, 'console' | 'listen'>): boolean {
  return console ?? isLoopback(listen.host);
}
