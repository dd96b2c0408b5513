import * as z from 'zod';
import type { Config } from '../../config/config.ts';
import { formatHost } from '../../config/listen.ts';
import { DEFAULT_PROFILE } from '../../core/contract/caller.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { PATHS } from '../../core/paths.ts';
import { wellFormedJson } from '../../core/text/well-formed.ts';
import type { ExportPart, Server } from '../../export/exporter.ts';
import { EXPORT_CLIENTS } from '../../export/targets.ts';
import { isWildcard } from '../../transports/edge/edge.ts';
import { type ConsoleRoute, route } from './route.ts';
import { viewOf } from './shown/ask.ts';
import type { ConnectRow, Page } from './types.ts';

const TITLES: Readonly<Record<(typeof EXPORT_CLIENTS)[number], string>> = {
  'claude-code': 'Claude Code',
  'claude-desktop': 'Claude Desktop',
  cursor: 'Cursor',
  vscode: 'VS Code',
  'gemini-cli': 'Gemini CLI',
  'copilot-cli': 'Copilot CLI',
  codex: 'Codex',
  opencode: 'opencode',
  cline: 'Cline',
  windsurf: 'Windsurf',
  zed: 'Zed',
  continue: 'Continue',
};
/** The variable that a client reads its token from, where one is needed. */
export const TOKEN_FROM = 'PLUGMUX_TOKEN';

/** How to connect LLM clients to this gateway. */
export const connectRoutes: readonly ConsoleRoute[] = [
  route('get', '/connect', {
    scope: 'observe',
    query: { client: z.enum(EXPORT_CLIENTS).optional(), profile: z.string().max(256).optional() },
    async handle({ app, command }, { query, by, port }): Promise<Page<ConnectRow>> {
      const { EXPORTERS } = await import('../../export/exporters.ts');
      const { profile = DEFAULT_PROFILE } = query;
      const tools = [...viewOf(app, by.principal, profile).listed.values()];
      const server = command ? startedBy(command, app.config(), profile) : servedAt(app.config(), port, profile);
      const isAddress = 'url' in server;
      // The file of Claude Desktop names programs to start, not addresses.
      const all = EXPORT_CLIENTS.filter((client) => !isAddress || client !== 'claude-desktop');
      const items = (query.client === undefined ? all : [query.client]).flatMap((client) => [
        ...(isAddress && server.tokenFrom !== undefined ? [tokenRow(client, server.tokenFrom)] : []),
        ...EXPORTERS[client]({ name: 'plugmux', server, api: '', tools }).flatMap((part) => toRow(client, part)),
      ]);
      return { items };
    },
  }),
];

type Client = (typeof EXPORT_CLIENTS)[number];

/** Below the public address, if the file names one: the address that the page was loaded from may be that of a proxy. */
function servedAt({ listen, tokens }: Config, port: number, profile: string): Extract<Server, { url: string }> {
  const host = isWildcard(listen.host) ? '127.0.0.1' : formatHost(listen.host);
  const base = listen.public ?? `http://${host}:${port}`;
  const url = `${base}${PATHS.streamable}${profile === DEFAULT_PROFILE ? '' : `/${profile}`}`;
  return tokens.length > 0 ? { url, tokenFrom: TOKEN_FROM } : { url };
}

function startedBy([command = '', ...args]: readonly string[], { file }: Config, profile: string): Server {
  const named = profile === DEFAULT_PROFILE ? [] : ['--profile', profile];
  return { command, args: [...args, ...(file === undefined ? [] : ['--config', file]), ...named] };
}

function tokenRow(client: Client, variable: string): ConnectRow {
  const text = `It needs a token of "auth.tokens" in mcp.json: set the environment variable ${variable} to it before the client starts.`;
  return { client, title: TITLES[client], kind: 'note', text };
}

function toRow(client: Client, { file, content, note }: ExportPart): ConnectRow[] {
  const row = { client, title: TITLES[client] };
  if (content === undefined) return note === undefined ? [] : [{ ...row, kind: 'note', text: note }];
  const text = typeof content === 'string' ? content.trimEnd() : wellFormedJson(toJsonText(content, undefined, 2));
  return [
    {
      ...row,
      kind: file === undefined ? 'line' : 'file',
      ...(file === undefined ? {} : { place: file }),
      ...(note === undefined ? {} : { note }),
      text,
    },
  ];
}
