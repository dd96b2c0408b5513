import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
import type { AuthorizationServer } from './authorization.ts';
import { listen } from './http-server.ts';

/** A server that needs a login for one tool only. */
export interface PartlyProtected {
  readonly url: string;
  /** Names of the called tools, in order. */
  readonly calls: string[];
  /** Number of requests that started a connection. */
  connections: number;
  /** Whether its tool list needs the login too. */
  hidesList: boolean;
  /** Lets calls of `slow` end. */
  release(): void;
}

export const SCOPE = 'vault:open';

/**
 * Starts one with the tools `open`, `slow` and `closed`; after a login, `more` is listed too. `closed` is rejected with `status`
 * unless the login has the scope. Only that response names where to log in.
 */
export async function servePartlyProtected(authorization: AuthorizationServer, status: number): Promise<PartlyProtected> {
  let url = '';
  const waiting: (() => void)[] = [];
  const self: PartlyProtected & { url: string } = {
    url: '',
    calls: [],
    connections: 0,
    hidesList: false,
    release: () => {
      for (const go of waiting.splice(0)) go();
    },
  };
  const inputSchema = fromJsonSchema({ type: 'object', properties: {} });
  const handler = createMcpHandler((ctx) => {
    const server = new McpServer({ name: 'partly', version: '1.0.0' });
    const say = (text: string) => ({ content: [{ type: 'text' as const, text }] });
    server.registerTool('open', { description: 'For everybody', inputSchema }, () => say('open'));
    server.registerTool('slow', { description: 'For everybody, in a while', inputSchema }, async () => {
      await new Promise<void>((resolve) => void waiting.push(resolve));
      return say('slow');
    });
    server.registerTool('closed', { description: 'For some', inputSchema }, () => say('closed'));
    if (ctx.authInfo) server.registerTool('more', { description: 'For some', inputSchema }, () => say('more'));
    return server;
  });
  const node = toNodeHandler({
    async fetch(request: Request): Promise<Response> {
      const { pathname } = new URL(request.url);
      if (pathname === '/where') return Response.json({ resource: self.url, authorization_servers: [authorization.url] });
      if (pathname !== '/mcp') return new Response('', { status: 404 });
      const body = request.method === 'POST' ? await request.clone().text() : '';
      const token = (request.headers.get('authorization') ?? '').replace('Bearer ', '');
      const scopes = authorization.good.has(token) ? (authorization.scopes.get(token) ?? '').split(' ') : [];
      if (/"method":"(initialize|server\/discover)"/.test(body)) self.connections++;
      const name = /"method":"tools\/call"/.test(body) ? /"name":"(\w+)"/.exec(body)?.[1] : undefined;
      if (name !== undefined) self.calls.push(name);
      const isClosed = name === 'closed' || (self.hidesList && /"method":"tools\/list"/.test(body));
      if (isClosed && !scopes.includes(SCOPE)) {
        const challenge = `Bearer scope="${SCOPE}", resource_metadata="${url}/where"`;
        return Response.json({ error: 'no' }, { status, headers: status === 401 ? { 'www-authenticate': challenge } : {} });
      }
      const authInfo = { token, clientId: 'somebody', scopes };
      return handler.fetch(request, authorization.good.has(token) ? { authInfo } : {});
    },
  });
  url = await listen((request, response) => void node(request, response));
  self.url = `${url}/mcp`;
  return self;
}
