import * as z from 'zod';
import type { Config } from '../../config/config.ts';
import { formatHost } from '../../config/listen.ts';
import { DEFAULT_PROFILE } from '../../core/contract/caller.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { PATHS } from '../../core/paths.ts';
import type { ExportPart } from '../../export/exporter.ts';
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
const TOKEN_FROM = 'PLUGMUX_TOKEN';

/** How to connect LLM clients to this gateway. */
export const connectRoutes: readonly ConsoleRoute[] = [
  route('get', '/connect', {
    scope: 'observe',
    query: { client: z.enum(EXPORT_CLIENTS).optional(), profile: z.string().max(256).optional() },
    async handle({ app }, { query, by, port }): Promise<Page<ConnectRow>> {
      const { EXPORTERS } = await import('../../export/exporters.ts');
      const { profile = DEFAULT_PROFILE } = query;
      const tools = [...viewOf(app, by.principal, profile).listed.values()];
      const server = serverOf(app.config(), port, profile);
      // The file of Claude Desktop names programs to start, not addresses.
      const clients = query.client === undefined ? EXPORT_CLIENTS.filter((client) => client !== 'claude-desktop') : [query.client];
      const items = clients.flatMap((client) =>
        EXPORTERS[client]({ name: 'plugmux', server, api: '', tools }).flatMap((part) => toRow(client, part)),
      );
      return { items };
    },
  }),
];

function serverOf({ listen, tokens }: Config, port: number, profile: string): { url: string; tokenFrom?: string } {
  const host = isWildcard(listen.host) ? '127.0.0.1' : formatHost(listen.host);
  const url = `http://${host}:${port}${PATHS.streamable}${profile === DEFAULT_PROFILE ? '' : `/${profile}`}`;
  return tokens.length > 0 ? { url, tokenFrom: TOKEN_FROM } : { url };
}

function toRow(client: (typeof EXPORT_CLIENTS)[number], { file, content, note }: ExportPart): ConnectRow[] {
  const text = typeof content === 'string' ? content.trimEnd() : content === undefined ? note : toJsonText(content, undefined, 2);
  if (text === undefined) return [];
  return [
    { client, title: TITLES[client], kind: file === undefined ? 'line' : 'file', ...(file === undefined ? {} : { place: file }), text },
  ];
}
