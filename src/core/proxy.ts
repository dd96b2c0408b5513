/** A `proxy` key of mcp.json: an address, or false for no proxy. Absent: the environment decides. */
export type ProxySetting = string | false | undefined;

/** The address of an HTTP proxy; `http` where no scheme is given. Undefined where it is none, such as a SOCKS proxy. */
export function parseProxy(text: string): URL | undefined {
  const address = withScheme(text);
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '' ? url : undefined;
}

/** The address with its scheme, as it may be searched for a password. */
export function withScheme(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
}

/** The variables that name proxies, for the gateway or for programs that it starts. */
export const PROXY_VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'] as const;
