import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { type Folder, isInside, shown } from '../folder.ts';
import { type JsonFile, readJsonFile } from '../read/json-file.ts';
import type { ServerPart } from '../servers/server-part.ts';

/** What a format adds to the servers that it declares. */
export type ServerDefaults = Pick<ServerPart, 'cwd' | 'base' | 'env' | 'variables'>;

/** Servers as these formats declare them: a path, a map, or a list of both. A later name wins. */
export function readDeclaredServers(
  value: JsonValue | undefined,
  manifest: JsonFile,
  key: string,
  folder: Folder,
  defaults: ServerDefaults,
): ServerPart[] {
  if (value === undefined) return [];
  const parts = new Map<string, ServerPart>();
  for (const [i, item] of (Array.isArray(value) ? value : [value]).entries()) {
    const place = Array.isArray(value) ? [key, i] : [key];
    const add = (found: readonly ServerPart[]): void => {
      for (const part of found) parts.set(part.name, part);
    };
    if (typeof item === 'string') add(readServerPath(item, manifest.at(place), folder, defaults));
    else if (isJsonObject(item)) add(toParts(item, (path) => manifest.at([...place, ...path]), folder, defaults));
    else folder.report({ subject: key, message: `${manifest.at(place)}: "${key}" must be a path or a map of servers.` });
  }
  return [...parts.values()];
}

function readServerPath(path: string, at: string, folder: Folder, defaults: ServerDefaults): ServerPart[] {
  const file = resolve(folder.root, path);
  const refuse = (why: string): ServerPart[] => {
    folder.report({ code: 'MANIFEST_INVALID', subject: path, message: `${at}: ${path} ${why}.` });
    return [];
  };
  if (/^https?:/.test(path)) return refuse('is an address; plugmux downloads no plugins');
  if (!isInside(folder.root, file)) return refuse('leads out of the plugin');
  if (!existsSync(file)) return refuse('does not exist');
  if (/\.(mcpb|dxt)$/i.test(path))
    return [{ ...defaults, name: basename(path).replace(/\.[^.]+$/, ''), server: {}, bundle: file, at: () => at }];
  return readServerFile(file, folder, defaults);
}

/** A file of servers: `{ "mcpServers": { … } }`, or the bare map. */
export function readServerFile(file: string, folder: Folder, defaults: ServerDefaults): ServerPart[] {
  if (!isInside(folder.root, file)) {
    folder.report({ code: 'MANIFEST_INVALID', subject: shown(folder, file), message: `${shown(folder, file)} leads out of the plugin.` });
    return [];
  }
  try {
    const json = readJsonFile(folder.root, file);
    return toParts(json.value, json.at, folder, defaults);
  } catch (error) {
    folder.report({
      code: 'MANIFEST_INVALID',
      subject: shown(folder, file),
      message: `${(error as Error).message} No server of it is loaded.`,
    });
    return [];
  }
}

function toParts(value: JsonObject, at: JsonFile['at'], folder: Folder, defaults: ServerDefaults): ServerPart[] {
  const isWrapped = isJsonObject(value.mcpServers) && !isServer(value.mcpServers);
  const map = isWrapped ? (value.mcpServers as JsonObject) : value;
  const base = isWrapped ? ['mcpServers'] : [];
  return Object.entries(map).flatMap(([name, server]) => {
    if (isJsonObject(server) && isServer(server))
      return [{ ...defaults, name, server: withoutNulls(server), at: (path) => at([...base, name, ...path]) } satisfies ServerPart];
    if (name !== '$schema' && name !== 'inputs')
      folder.report({
        code: 'CONFIG_INVALID',
        subject: name,
        message: `${at([...base, name])}: the server "${name}" has neither a program ("command") nor an address ("url").`,
      });
    return [];
  });
}

function isServer({ command, url, httpUrl, serverUrl, tcp }: JsonObject): boolean {
  return [command, url, httpUrl, serverUrl, tcp].some((value) => typeof value === 'string' || Array.isArray(value));
}

function withoutNulls(server: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(server).filter(([, value]) => value !== null));
}
