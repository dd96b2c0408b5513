import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';
import type { Surroundings } from '../../core/contract/installed.ts';

/** The clients whose servers can be imported. */
export const IMPORT_CLIENTS = ['claude-desktop', 'claude-code', 'cursor', 'vscode', 'gemini-cli', 'codex', 'windsurf'] as const;

/** A client whose servers can be imported. */
export type ImportClient = (typeof IMPORT_CLIENTS)[number];

/** Whether servers of a client of this name can be imported. */
export function isImportClient(name: string): name is ImportClient {
  return (IMPORT_CLIENTS as readonly string[]).includes(name);
}

/** The surroundings of this process. */
export function ownSurroundings(): Surroundings {
  return { platform: process.platform, home: homedir(), cwd: process.cwd(), env: process.env };
}

/** The files of a client: those of the project in the current folder first, then the user's. */
export function placesOf(client: ImportClient, { platform, home, cwd, env }: Surroundings): string[] {
  const { join } = platform === 'win32' ? win32 : posix;
  const appData = (): string => {
    if (platform === 'win32') return env.APPDATA ?? join(home, 'AppData', 'Roaming');
    return platform === 'darwin' ? join(home, 'Library', 'Application Support') : (env.XDG_CONFIG_HOME ?? join(home, '.config'));
  };
  switch (client) {
    case 'claude-desktop':
      return [join(appData(), 'Claude', 'claude_desktop_config.json')];
    case 'claude-code':
      return [join(cwd, '.mcp.json'), join(home, '.claude.json')];
    case 'cursor':
      return [join(cwd, '.cursor', 'mcp.json'), join(home, '.cursor', 'mcp.json')];
    case 'vscode':
      return [join(cwd, '.vscode', 'mcp.json'), join(appData(), 'Code', 'User', 'mcp.json')];
    case 'gemini-cli':
      return [join(cwd, '.gemini', 'settings.json'), join(home, '.gemini', 'settings.json')];
    case 'codex':
      return [join(cwd, '.codex', 'config.toml'), join(env.CODEX_HOME ?? join(home, '.codex'), 'config.toml')];
    case 'windsurf':
      return [join(home, '.codeium', 'windsurf', 'mcp_config.json'), join(home, '.codeium', 'mcp_config.json')];
  }
}
