import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BIN, type Serving, serve } from '../../support/gateway.ts';
import { type AtEnd, tempFolder } from '../../support/temp.ts';
import { type ApiReply, type ApiRequest, ask, login, makeCode } from './console.ts';

const PLUGINS = fileURLToPath(new URL('../../../plugins', import.meta.url));

/** A gateway with default plugins that need no build, and an administrator's login at its console. */
export interface Operated {
  readonly gateway: Serving;
  readonly dir: string;
  readonly config: string;
  /** The key of the login. */
  readonly key: string;
  get(path: string): Promise<ApiReply>;
  send(method: string, path: string, body?: unknown): Promise<ApiReply>;
  ask(path: string, request?: ApiRequest): Promise<ApiReply>;
}

/** Starts it; `more` are further keys of mcp.json. */
export async function operate(
  more: object = {},
  names: readonly string[] = ['notes', 'snippets', 'agenda'],
  atEnd?: AtEnd,
): Promise<Operated> {
  const dir = atEnd ? tempFolder(atEnd) : tempFolder();
  mkdirSync(join(dir, 'plugins'));
  for (const name of names) cpSync(join(PLUGINS, name), join(dir, 'plugins', name), { recursive: true });
  const config = join(dir, 'mcp.json');
  writeFileSync(config, JSON.stringify({ pluginFolders: ['./plugins'], ...more }, null, 2));
  const gateway = await serve(config, { bin: BIN, ...(atEnd ? { atEnd } : {}) });
  const { key } = await login(gateway, { code: makeCode(config) });
  return {
    gateway,
    dir,
    config,
    key,
    get: (path) => ask(gateway, path, { key }),
    send: (method, path, body) => ask(gateway, path, { key, method, ...(body === undefined ? {} : { body }) }),
    ask: (path, request) => ask(gateway, path, { key, ...request }),
  };
}
