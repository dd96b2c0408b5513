import { isLoopback } from '../core/addresses.ts';

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

/** An address as others reach the gateway, without a slash at its end. Undefined if it is not http or https, or has a query or a login. */
export function parsePublic(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, username, password, search, hash, origin, pathname } = new URL(address);
  const isPlain = username + password + search + hash === '' && !/[?#]/.test(address);
  return isPlain && (protocol === 'https:' || protocol === 'http:') ? origin + pathname.replace(/\/+$/, '') : undefined;
}

/** Whether the console is served: only on loopback, unless the file says otherwise. */
export function servesConsole({ console, listen }: { readonly console?: boolean; readonly listen: { readonly host: string } }): boolean {
  return console ?? isLoopback(listen.host);
}
