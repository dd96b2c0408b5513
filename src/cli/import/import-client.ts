import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../config/config.ts';
import type { Surroundings } from '../../core/contract/installed.ts';
import { fileFault } from '../../core/file-fault.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { type CliSession, UsageError } from '../context.ts';
import { editJson } from '../in-file/json-edit.ts';
import { replaceFile } from '../in-file/replace-file.ts';
import { type ImportClient, placesOf } from './places.ts';
import { type FoundServer, type PlannedServer, planImport } from './plan.ts';
import { serversInToml } from './read-codex.ts';
import { parseClientJson, serversInJson, withGeminiVariables } from './read-json.ts';

/** Claude Code keeps a history in its user file. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The servers in the files of a client: `from`, else the usual places that exist. Throws UsageError. */
export function findServers(client: ImportClient, from: string | undefined, around: Surroundings): FoundServer[] {
  const places = from === undefined ? placesOf(client, around) : [resolve(around.cwd, from)];
  const found: FoundServer[] = [];
  let read = 0;
  for (const file of new Set(places)) {
    const text = readText(file, from === undefined);
    if (text === undefined) continue;
    read++;
    const servers =
      client === 'codex' || file.endsWith('.toml')
        ? serversInToml(file, text)
        : serversInJson(client, parseClientJson(file, text), around.cwd);
    const project = from === undefined && !file.startsWith(join(around.cwd, sep)) ? { project: around.cwd } : {};
    for (const [name, server] of servers)
      found.push({ name, file, ...project, server: client === 'gemini-cli' ? withGeminiVariables(server) : server });
  }
  if (read === 0) throw new UsageError(`No file of ${client} was found: looked for ${places.join(' and ')}.`, 'Name it with --from.');
  return found;
}

function readText(file: string, isOptional: boolean): string | undefined {
  try {
    if (statSync(file).size > MAX_BYTES) throw new Error('it is larger than 64 MB');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    if (isOptional && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`${file} cannot be read: ${fileFault(error)}.`, 'Name another file with --from.');
  }
}

/** What the import of servers would do to the configuration of a session. */
export function planFor({ config, load }: CliSession, found: readonly FoundServer[]): PlannedServer[] {
  const text = textOf(config);
  const existing = (name: string, entry: JsonObject): string | undefined => {
    const server = config.upstreams.get(name)?.server;
    if (server) return isDeepStrictEqual(server, entry) ? 'it is there already' : 'another server of mcp.json has this name';
    if (config.plugins.has(name)) return 'a plugin of mcp.json has this name';
    if (config.leftOut.has(name)) return 'an entry of mcp.json that is left out has this name';
    try {
      const next = load(undefined, contentOf(text, [{ name, entry }]));
      const why = next.leftOut.get(name)?.replace(/^\S+:\d+:\d+: /, '');
      return next.upstreams.has(name) ? undefined : (why ?? 'the name cannot be used');
    } catch (error) {
      return (error as Error).message.replace(/^\S+:\d+:\d+: /, '');
    }
  };
  return planImport(found, existing);
}

/** An entry to add to mcp.json. */
export interface NewEntry {
  readonly name: string;
  readonly entry: JsonObject;
  /** The key of the file it goes below. Default: `mcpServers`. */
  readonly below?: 'mcpServers' | 'plugins';
}

/** The text of the file of a configuration. Throws UsageError without one. */
export function textOf({ file }: Config): string {
  if (file === undefined) throw new UsageError('There is no configuration file.', 'Create one with `plugmux init`.');
  return readFileSync(file, 'utf8');
}

/** The text of a configuration with further entries. */
export function contentOf(text: string, entries: readonly NewEntry[]): Buffer {
  const bom = text.startsWith('\ufeff') ? '\ufeff' : '';
  const edits = entries.map(({ name, entry, below = 'mcpServers' }) => ({ path: [below, name], json: JSON.stringify(entry) }));
  return Buffer.from(bom + editJson(text.slice(bom.length), edits));
}

/** Adds entries to mcp.json, and returns the backup of the old file. Throws CONFIG_INVALID if it would not load. */
export async function addEntries({ config, load }: CliSession, entries: readonly NewEntry[]): Promise<string> {
  const { file = '' } = config;
  const backup = `${file}.backup-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  await replaceFile(file, async (content) => {
    const next = contentOf(content.toString(), entries);
    load(undefined, next);
    writeFileSync(backup, content, { mode: 0o600 });
    return next;
  });
  return backup;
}

/** The last lines of an import. */
export function closing(backup: string): string {
  return `The old file is ${backup}. Check it with: plugmux doctor`;
}
