import { toPlainJson } from '../../config/jsonc.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { JsonError, parseJson } from '../../core/json/json-scan.ts';
import { UsageError } from '../context.ts';
import type { ImportClient } from './places.ts';

const CAPS = { depth: 100, keys: 1_000_000, items: 1_000_000 };

/** Parses a client's JSON with comments, trailing commas or a byte order mark. Throws UsageError. */
export function parseClientJson(file: string, text: string): JsonObject {
  try {
    const value = parseJson(toPlainJson(text.replace(/^\ufeff/, '')), CAPS);
    if (isJsonObject(value)) return value;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new UsageError(`${file} is not valid JSON: ${error.message}.`, 'Correct it, or name another file with --from.');
  }
  throw new UsageError(`${file} does not hold a JSON object.`, 'Name another file with --from.');
}

/** The servers in a client's JSON file, by name, in the order of the file. `cwd` selects the project in Claude Code's user file. */
export function serversInJson(client: ImportClient, root: JsonObject, cwd: string): [string, JsonValue][] {
  const lists = [root.mcpServers, root.servers, asObject(root.mcp).servers];
  if (client === 'claude-code') lists.push(asObject(asObject(root.projects)[cwd]).mcpServers);
  return lists.filter(isJsonObject).flatMap((list) => Object.entries(list));
}

/** Rewrites `$NAME`, which only Gemini CLI fills in. */
export function withGeminiVariables(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.replace(/\$([A-Za-z_][A-Za-z0-9_]*)/g, '${env:$1}');
  if (Array.isArray(value)) return value.map(withGeminiVariables);
  return isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withGeminiVariables(item)])) : value;
}
