/** A `proxy` key of mcp.json: an address, or false for no proxy. Absent: the environment decides. */
export type ProxySetting = string | false | undefined;

/** Parses the address of an HTTP proxy; default scheme `http`. Undefined for others, such as a SOCKS proxy. */
export function parseProxy(text: string): URL | undefined {
  const address = withScheme(text);
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '' ? url : undefined;
}

/** Adds `http://` to a proxy address without a scheme. */
export function withScheme(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
}

/** Environment variables that configure proxies. */
export const PROXY_VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'] as const;
