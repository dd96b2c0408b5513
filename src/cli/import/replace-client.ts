import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Surroundings } from '../../core/contract/installed.ts';
import { asObject, type JsonObject } from '../../core/json/json.ts';
import { EXPORTERS } from '../../export/exporters.ts';
import { ownCommand } from '../connect.ts';
import { UsageError } from '../context.ts';
import { editJson, nodeAt } from '../in-file/json-edit.ts';
import { replaceFile } from '../in-file/replace-file.ts';
import { type ImportClient, placesOf } from './places.ts';
import { parseClientJson } from './read-json.ts';

const NAME = 'plugmux';

/** The client's file: `from`, else the user's, else the project's. Throws UsageError if there is none. */
export function clientFile(client: ImportClient, from: string | undefined, around: Surroundings): string {
  const places = from === undefined ? placesOf(client, around) : [resolve(around.cwd, from)];
  const file = places.filter((place) => existsSync(place)).at(-1);
  if (file === undefined)
    throw new UsageError(`No file of ${client} was found: looked for ${places.join(' and ')}.`, 'Name it with --from.');
  return file;
}

const keyOf = (client: ImportClient): string => (client === 'vscode' ? 'servers' : 'mcpServers');

/** The client's configuration that starts plugmux with an mcp.json: an entry, or the text to add for Codex. */
function ownEntry(client: ImportClient, config: string): JsonObject | string {
  const [command = '', ...args] = [...ownCommand(), 'stdio', '--config', config];
  const [part] = EXPORTERS[client]({ name: NAME, server: { command, args }, api: '', tools: [] });
  if (typeof part?.content === 'string') return part.content;
  return asObject(asObject(part?.content as JsonObject)[keyOf(client)]);
}

/** What a replacement came to: the backup, `null` if the file names plugmux alone already, or text that the user has to add. */
export type Replaced = { readonly file: string; readonly backup: string | null } | { readonly text: string };

/** Makes plugmux the only server in a client's file. Leaves everything else of it, and a private backup beside it. */
export async function replaceClient(client: ImportClient, file: string, config: string): Promise<Replaced> {
  const own = ownEntry(client, config);
  if (typeof own === 'string') return { text: own };
  const key = keyOf(client);
  const backup = `${file}.backup-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  const changed = await replaceFile(file, async (content) => {
    const text = content.toString();
    if (isOnlyOwn(parseClientJson(file, text)[key])) return undefined;
    const next = edited(text, key, JSON.stringify(own));
    parseClientJson(file, next);
    writeFileSync(backup, content, { mode: 0o600 });
    return Buffer.from(next);
  });
  return { file, backup: changed ? backup : null };
}

/** Gives a client its servers of the newest backup back, and leaves later changes elsewhere in its file. Throws UsageError. */
export async function undoReplacement(client: ImportClient, file: string): Promise<string> {
  if (client === 'codex') throw new UsageError(`${file} is never changed.`, 'Edit it yourself.');
  const prefix = `${basename(file)}.backup-`;
  const newest = readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix))
    .sort()
    .at(-1);
  if (newest === undefined) throw new UsageError(`There is no backup of ${file}.`, 'A backup exists only after --replace-client was used.');
  const backup = join(dirname(file), newest);
  const old = readFileSync(backup, 'utf8').replace(/^\ufeff/, '');
  const node = nodeAt(old, [keyOf(client)]);
  await replaceFile(file, async (content) => {
    const text = content.toString();
    if (!isOnlyOwn(parseClientJson(file, text)[keyOf(client)]))
      throw new UsageError(`The servers in ${file} have changed since.`, `Copy what you need from ${backup}.`);
    return Buffer.from(
      node ? spliced(text, keyOf(client), old.slice(node.offset, node.offset + node.length)) : edited(text, keyOf(client)),
    );
  });
  return backup;
}

function isOnlyOwn(servers: unknown): boolean {
  return typeof servers === 'object' && servers !== null && Object.keys(servers).length === 1 && Object.hasOwn(servers, NAME);
}

function edited(text: string, key: string, json?: string): string {
  const bom = bomOf(text);
  return bom + editJson(text.slice(bom.length), [{ path: [key], json }]);
}

// The old value comes back byte by byte, comments and layout included.
function spliced(text: string, key: string, json: string): string {
  const bom = bomOf(text);
  const plain = text.slice(bom.length);
  const { offset = 0, length = 0 } = nodeAt(plain, [key]) ?? {};
  return bom + plain.slice(0, offset) + json + plain.slice(offset + length);
}

const bomOf = (text: string): string => (text.startsWith('\ufeff') ? '\ufeff' : '');
