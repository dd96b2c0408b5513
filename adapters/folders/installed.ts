import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Installed, Surroundings } from '../../src/core/contract/installed.ts';
import { asObject } from '../../src/core/json/json.ts';
import { readJsonFile } from './read/json-file.ts';
import { toId } from './read/to-id.ts';
import { recognise } from './recognise.ts';

/** The plugins that Claude Code, Codex, Cursor and the Gemini CLI have installed. */
export function installedPlugins(around: Surroundings): Installed[] {
  const { home } = around;
  return [
    ...ofClaude(around),
    ...ofCodex(around),
    ...below(join(home, '.cursor', 'plugins', 'local')).flatMap((path) => one('cursor', path)),
    ...below(join(home, '.gemini', 'extensions')).flatMap((path) => one('gemini-cli', path, 'gemini')),
  ];
}

// All plugins of Claude Code are one entry: its register names the folder of each, which changes with every update.
function ofClaude({ home, env }: Surroundings): Installed[] {
  const path = join(env.CLAUDE_CONFIG_DIR ?? join(home, '.claude'), 'plugins');
  const file = join(path, 'installed_plugins.json');
  if (!existsSync(file)) return [];
  const found = { client: 'claude-code', kind: 'plugin', id: 'claude-plugins', path, keys: { format: 'claude' } } as const;
  try {
    const { value } = readJsonFile(path, file);
    const names = Object.keys(asObject(value.plugins ?? value)).filter((name) => name.includes('@'));
    return names.length === 0 ? [] : [{ ...found, names }];
  } catch (error) {
    return [{ ...found, note: (error as Error).message }];
  }
}

// Its cache has a folder for each version; the newest one counts.
function ofCodex({ home, env }: Surroundings): Installed[] {
  const cache = join(env.CODEX_HOME ?? join(home, '.codex'), 'plugins', 'cache');
  return below(cache)
    .flatMap(below)
    .flatMap((plugin): Installed[] => {
      const [newest] = below(plugin).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
      if (newest === undefined) return [];
      const note = 'it names one version; run this again after an update';
      return one('codex', newest).map((found) => ({ ...found, id: toId(basename(plugin)), note }));
    });
}

function one(client: string, path: string, format?: string): Installed[] {
  const found = recognise(path, format);
  if (!found || !('formats' in found)) return [];
  return [{ client, kind: 'plugin', id: toId(basename(path)), path, keys: format === undefined ? {} : { format } }];
}

function below(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map((name) => join(folder, name))
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory());
  } catch {
    return [];
  }
}
