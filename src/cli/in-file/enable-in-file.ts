import { createApp } from '../../app.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonValue } from '../../core/json/json.ts';
import { JsonError, parseJson } from '../../core/json/json-scan.ts';
import { type CliSession, UsageError } from '../context.ts';
import { editJson, type JsonEdit, nodeAt } from './json-edit.ts';
import { disable, enable, type FoundPlugin, type Place, placeOf, unlist } from './place.ts';
import { replaceFile } from './replace-file.ts';

const CAPS = { depth: 64, keys: 20_000, items: 100_000 };

/** The result of a change; `changed` is false if the file already had these values. */
export interface FileChange {
  readonly changed: boolean;
  /** Set if the plugin stays disabled although the file enables it: `plugmux disable` was used without `--in-file`. */
  readonly isStillDisabled: boolean;
}

/**
 * Enables or disables one plugin in mcp.json; a gateway that serves the file follows. `settings` is the text of a JSON object
 * that replaces the plugin's settings. Throws UsageError for an unknown plugin, bad settings or a file that cannot be
 * written, CONFIG_INVALID if the file would not load afterwards; the file is then unchanged.
 */
export async function setEnabledInFile(
  session: CliSession,
  adapters: readonly Adapter[],
  id: string,
  enabled: boolean,
  settings?: string,
): Promise<FileChange> {
  const { file } = session.config;
  if (file === undefined) throw new UsageError('There is no configuration file.', 'Create one with `plugmux init`.');
  if (settings !== undefined) checkSettings(settings);
  const changed = await replaceFile(file, async (content) => {
    const text = content.toString();
    const config = session.load(undefined, content);
    const found = await findAll({ ...session, config }, adapters);
    const place = placeOf(id, config, found);
    if (settings !== undefined && (config.upstreams.has(id) || place.server !== undefined)) {
      throw new UsageError(`${id} is an MCP server, which has no settings.`, 'Set "env", "args" or "headers" in its entry.');
    }
    // Some formats name the last plugin of a list after its entry, so a list is edited only if its other plugins keep their ids.
    const unlisted = enabled ? [] : unlist(id, place);
    const siblings = found.filter(({ status, entry }) => entry === place.entry && status.id !== id);
    const keepsSiblings = async (): Promise<boolean> => {
      const after = await findAll({ ...session, config: session.load(undefined, Buffer.from(editJson(text, unlisted))) }, adapters);
      return siblings.every(({ status }) => after.some((plugin) => plugin.status.id === status.id));
    };
    const switched = enabled ? enable(id, place, text) : disable(id, place, text);
    const edits = [...(unlisted.length > 0 && (await keepsSiblings()) ? unlisted : switched), ...settingsOf(id, place, settings)];
    if (edits.length === 0) return undefined;
    const server = settings === undefined ? config.upstreams.get(id) : undefined;
    return firstThatLoads(session, text, [edits, ...(server ? [switchServer(server.path, enabled, text)] : [])]);
  });
  const now = enabled ? await findAll({ ...session, config: session.load() }, adapters) : [];
  return { changed, isStillDisabled: now.some(({ status }) => status.id === id && status.state === 'disabled') };
}

async function findAll({ config, redactor, log }: CliSession, adapters: readonly Adapter[]): Promise<readonly FoundPlugin[]> {
  const app = await createApp({ config, adapters, redactor, log });
  const plugins = app.registry.plugins().map((status) => ({ status, entry: app.registry.config(status.id)?.id ?? status.id }));
  await app.close();
  return plugins;
}

// Files of other clients cannot hold "plugins", and some names of servers are not ids of plugins, so the second choice for a
// server is its own entry.
function firstThatLoads({ load, config }: CliSession, text: string, choices: readonly (readonly JsonEdit[])[]): Buffer {
  let first: unknown;
  for (const edits of choices) {
    const content = Buffer.from(editJson(text, edits));
    try {
      load(undefined, content);
      return content;
    } catch (error) {
      first ??= error;
    }
  }
  if (!(first instanceof GatewayError)) throw first;
  const message = `${config.file} is unchanged, since it would not load with this change:\n${first.message}`;
  throw new GatewayError(first.code, message, first.details);
}

function switchServer(path: readonly string[], enabled: boolean, text: string): JsonEdit[] {
  const has = (key: string): boolean => nodeAt(text, [...path, key]) !== undefined;
  const edits: JsonEdit[] = has('enabled') ? [{ path: [...path, 'enabled'], json: String(enabled) }] : [];
  if (!enabled && edits.length === 0) return [{ path: [...path, 'disabled'], json: 'true' }];
  return enabled && has('disabled') ? [...edits, { path: [...path, 'disabled'], json: undefined }] : edits;
}

function settingsOf(id: string, { entry, list, settingsAt }: Place, json: string | undefined): JsonEdit[] {
  if (json === undefined) return [];
  return [{ path: ['plugins', entry, ...(settingsAt ?? (list ? ['config', id] : ['settings']))], json }];
}

function checkSettings(text: string): void {
  const fix = `Example: --settings '{"max_results":5}'.`;
  let value: JsonValue | undefined;
  try {
    value = parseJson(text, CAPS);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (error.fault !== 'syntax') throw new UsageError(`"--settings" cannot be used: ${error.message}.`, fix);
  }
  if (!isJsonObject(value)) throw new UsageError('"--settings" must be a JSON object.', fix);
}
