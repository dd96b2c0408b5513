import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { type PlainSecret, withoutSecrets } from './secrets.ts';

/** A server in a file of a client. */
export interface FoundServer {
  readonly name: string;
  readonly file: string;
  readonly server: JsonValue;
  /** The open project, for a file of the user, which names no folder of its own. */
  readonly project?: string;
}

/** What an import would do with one server. */
export interface PlannedServer {
  readonly name: string;
  readonly file: string;
  readonly kind: string;
  /** The command line or the address. */
  readonly runs: string;
  /** The entry to write, as it is in the client's file. */
  readonly entry: JsonObject;
  /** The same with `${env:NAME}` in place of the secrets. */
  readonly hidden: JsonObject;
  readonly secrets: readonly PlainSecret[];
  /** Keys that plugmux does not know; they are not carried over. */
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
  /** Why it is not added. */
  readonly skipped?: string;
}

const CARRIED = new Set(
  'command args env envFile cwd type transport url httpUrl serverUrl headers proxy timeout autoApprove alwaysAllow trust includeTools excludeTools disabledTools oauth enabled disabled limits description title'.split(
    ' ',
  ),
);
const URLS = ['url', 'httpUrl', 'serverUrl'] as const;

/** Plans the import of servers. `existing` returns why a name cannot be used; `isProject`: paths are relative to the project. */
export function planImport(
  found: readonly FoundServer[],
  existing: (name: string, entry: JsonObject) => string | undefined,
): PlannedServer[] {
  const names = new Set<string>();
  const taken = new Map<string, string>();
  return found.map(({ name, file, server, project }) => {
    if (!isJsonObject(server)) return { ...nothing(name, file), skipped: 'the entry is not an object' };
    const placed = withFolders(server, project ?? folderOf(file)) as JsonObject;
    const all = Object.entries(placed);
    const isPlaced = project !== undefined && !isDeepStrictEqual(placed, server);
    const unknown = all.filter(([key, value]) => !CARRIED.has(key) && value !== null).map(([key]) => key);
    const entry = Object.fromEntries(all.filter(([key]) => CARRIED.has(key)));
    const { entry: hidden, secrets } = withoutSecrets(name, entry, taken);
    const skipped = names.has(name) ? 'an earlier entry has the same name' : existing(name, entry);
    names.add(name);
    const plan = {
      name,
      file,
      kind: kindOf(entry),
      runs: runsOf(entry),
      entry,
      hidden,
      secrets,
      unknown,
      notes: [...(isPlaced ? [`paths of the open project became paths below ${project}`] : []), ...notesOn(entry)],
    };
    return skipped === undefined ? plan : { ...plan, skipped };
  });
}

const nothing = (name: string, file: string): PlannedServer => ({
  name,
  file,
  kind: '?',
  runs: '',
  entry: {},
  hidden: {},
  secrets: [],
  unknown: [],
  notes: [],
});

// The files of VS Code, Cursor, Codex and Gemini CLI lie in a folder of the project.
function folderOf(file: string): string {
  const folder = dirname(file);
  return /^\.(vscode|cursor|codex|gemini)$/.test(basename(folder)) ? dirname(folder) : folder;
}

// The entry moves to another file, so paths relative to the client's are made absolute.
function withFolders(server: JsonObject, folder: string): JsonValue {
  const filled = fill(server, (text) =>
    text.replaceAll('${workspaceFolder}', folder).replaceAll('${workspaceFolderBasename}', basename(folder)),
  ) as JsonObject;
  const moved = { ...filled };
  for (const key of ['cwd', 'envFile']) {
    const path = filled[key];
    if (typeof path === 'string' && !/^[~$]/.test(path) && !isAbsolute(path)) moved[key] = resolve(folder, path);
  }
  if (typeof filled.command === 'string' && /^\.{1,2}[/\\]/.test(filled.command) && filled.cwd === undefined)
    moved.command = resolve(folder, filled.command);
  return moved;
}

function fill(value: JsonValue, map: (text: string) => string): JsonValue {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => fill(item, map));
  return isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, map)])) : value;
}

function kindOf(entry: JsonObject): string {
  const { type, transport = type } = entry;
  if (entry.command !== undefined) return 'stdio';
  return typeof transport === 'string' ? transport : URLS.some((key) => entry[key] !== undefined) ? 'http' : '?';
}

function runsOf(entry: JsonObject): string {
  const address = URLS.map((key) => entry[key]).find((url) => typeof url === 'string');
  return entry.command === undefined ? String(address ?? '') : [entry.command, entry.args ?? []].flat(2).map(String).join(' ');
}

function notesOn(entry: JsonObject): string[] {
  const notes: string[] = [];
  if (entry.disabled === true || entry.enabled === false) notes.push('it is disabled');
  if (entry.trust === true) notes.push('its tools run without asking ("trust")');
  const approved = [entry.autoApprove, entry.alwaysAllow].flat().filter((tool) => typeof tool === 'string');
  if (approved.length > 0) notes.push(`${approved.join(', ')} run without asking`);
  const text = JSON.stringify(entry);
  for (const [, id = ''] of text.matchAll(/\$\{input:([^}"]*)\}/g))
    notes.push(`set PLUGMUX_INPUT_${id.toUpperCase().replace(/[^A-Z0-9]/g, '_')}, which VS Code asks for`);
  for (const [, kind = ''] of text.matchAll(/\$\{(command|config):/g))
    notes.push(`a value of VS Code (\${${kind}:…}) has to be written out`);
  if (Object.keys(asObject(entry.oauth)).length > 0) notes.push('log in again with `plugmux login`');
  return [...new Set(notes)];
}
