import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { NeededSetting } from '../../../src/core/contract/source.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import type { Bundle } from './bundle.ts';
import type { Settings, Value } from './settings.ts';
import { expand, onlySetting, settingsIn } from './variables.ts';

/** The server of a bundle as an entry of `mcpServers`. */
export interface ServerEntry {
  readonly server: JsonObject;
  readonly needs: readonly NeededSetting[];
  /** Settings that occur in its command line. */
  readonly inCommand: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** Fills in the references of a server's command. `dir`: the folder of the bundle; `cacheDir`: for what can be downloaded again. */
export function toServerEntry({ server, type, userConfig }: Bundle, settings: Settings, dir: string, cacheDir: string): ServerEntry {
  const problems: Problem[] = [];
  const needs: NeededSetting[] = [];
  const inCommand = new Set<string>();
  const needed = new Set<string>();
  const isDeclared = (key: string): boolean => Object.hasOwn(userConfig, key);
  const unknown = (reference: string): void =>
    void problems.push({ subject: 'server', message: `manifest.json: ${reference} is not known here and stays as it is.` });
  const fill = (text: string, at: readonly string[]): string => {
    for (const key of settingsIn(text).filter((one) => settings.missing.includes(one))) {
      needed.add(key);
      needs.push({ setting: key, at });
    }
    return expand(text, dir, (key) => (isDeclared(key) ? textOf(key, settings.values.get(key)) : undefined), unknown);
  };
  for (const text of [server.command, ...server.args]) for (const key of settingsIn(text)) if (isDeclared(key)) inCommand.add(key);

  const args = server.args.flatMap((arg, i): readonly string[] => {
    const only = onlySetting(arg);
    if (only === undefined || !isDeclared(only) || settings.missing.includes(only)) return [fill(arg, ['args', String(i)])];
    const value = settings.values.get(only);
    return value === undefined ? [] : [value].flat();
  });
  const env = Object.entries(server.env).flatMap(([name, text]): [string, string][] => {
    const unset = settingsIn(text).filter((key) => isDeclared(key) && !settings.values.has(key));
    const filled = fill(text, ['env', name]);
    return unset.length > 0 ? [] : [[name, filled]];
  });
  const command = programOf(fill(server.command, ['command']), dir, Object.fromEntries(env));
  // A required setting counts even if nothing refers to it: its author wants an answer before the server runs.
  for (const key of settings.missing) if (!needed.has(key)) needs.push({ setting: key, at: [] });
  const uv = type === 'uv' || /^uvx?(\.exe)?$/i.test(basename(command));
  if (uv)
    problems.push({
      subject: 'server',
      message: 'It starts with uv, which downloads its packages at the first start: that may take minutes.',
    });
  const own: Record<string, string> = uv && !env.some(([name]) => name === 'UV_CACHE_DIR') ? { UV_CACHE_DIR: join(cacheDir, 'uv') } : {};
  return { server: { command, args, env: { ...own, ...Object.fromEntries(env) }, cwd: dir }, needs, inCommand, problems };
}

// Hosts disagree on how to write a list into a longer text.
function textOf(key: string, value: Value | undefined): string {
  if (value === undefined || typeof value === 'string') return value ?? '';
  throw new GatewayError(
    'MANIFEST_INVALID',
    `manifest.json: "\${user_config.${key}}" is a list, but stands inside of a longer text or of a variable.`,
    { fix: 'Report it to the author of the bundle: a list must be an argument of its own.' },
  );
}

const STAND_INS: Readonly<Record<string, string>> = { python: 'python3', python3: 'python' };

// A relative path is one inside the bundle, a bare name is on PATH.
function programOf(command: string, dir: string, env: Readonly<Record<string, string>>): string {
  const isWindows = process.platform === 'win32';
  if (/[/\\]/.test(isWindows ? command : command.replaceAll('\\', ''))) {
    const path = isAbsolute(command) ? command : resolve(dir, command);
    return isWindows && !existsSync(path) && existsSync(`${path}.exe`) ? `${path}.exe` : path;
  }
  const path = env.PATH ?? process.env.PATH ?? '';
  if (isOnPath(command, path)) return command;
  const other = Object.hasOwn(STAND_INS, command) ? STAND_INS[command] : undefined;
  if (other !== undefined && isOnPath(other, path)) return other;
  // Hosts of bundles bring a Node, and so does the gateway.
  return command === 'node' ? process.execPath : command;
}

function isOnPath(name: string, path: string): boolean {
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd'] : [''];
  return path.split(delimiter).some((folder) => folder !== '' && endings.some((ending) => isProgram(join(folder, name + ending))));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
