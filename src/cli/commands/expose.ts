import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { applyEdits, type JSONPath, modify } from 'jsonc-parser';
import { createApp } from '../../app.ts';
import type { Config, PluginConfig } from '../../config/config.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import type { PluginStatus } from '../../registry/plugin-status.ts';
import { type CliSession, type CommonOptions, openSession, UsageError, unknownPlugin } from '../context.ts';
import { printMasked } from '../print.ts';

interface Edit {
  readonly path: JSONPath;
  /** Undefined takes the key away. */
  readonly value: unknown;
}

/** `plugmux expose` and `unexpose`: switch one plugin on or off in mcp.json; a gateway that serves the file follows. */
export function addExpose(program: Command, adapters: readonly Adapter[]): void {
  const add = (name: 'expose' | 'unexpose', description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<plugin>', "the plugin's id")
      .option('--json', 'print JSON')
      .action(async (id: string, options: CommonOptions & { settings?: string }) => {
        const session = openSession(options, adapters, { here: true, quiet: true });
        const place = placeOf(id, session.config, await findAll(session, adapters));
        const edits = [...(name === 'expose' ? expose(id, place) : unexpose(id, place)), ...settingsOf(id, place, options.settings)];
        const changed = write(session, edits);
        const state = name === 'expose' ? 'exposed' : 'not exposed';
        printMasked({ plugin: id, state, changed }, options.json, () => `${id} is ${changed ? 'now' : 'already'} ${state}.`);
      });
  add('expose', 'switch a plugin on in mcp.json').option('--settings <json>', 'its settings, a JSON object that replaces what is there');
  add('unexpose', 'switch a plugin off in mcp.json');
}

async function findAll({ config, redactor, log }: CliSession, adapters: readonly Adapter[]): Promise<readonly PluginStatus[]> {
  const app = await createApp({ config, adapters, redactor, log });
  const plugins = app.registry.plugins();
  await app.close();
  return plugins;
}

/** Where mcp.json speaks of a plugin: its own entry, or a list in an entry that selects several. */
interface Place {
  readonly entry: string;
  readonly config: PluginConfig | undefined;
  readonly list?: { readonly key: string; readonly names: readonly string[] } | undefined;
}

function placeOf(id: string, config: Config, plugins: readonly PluginStatus[]): Place {
  const own = config.plugins.get(id);
  if (own) return { entry: id, config: own };
  for (const entry of config.plugins.values()) {
    const list = listWith(id, entry);
    if (list) return { entry: entry.id, config: entry, list };
  }
  // A plugin that only the scan of a folder has found gets an entry of its own.
  if (plugins.some((plugin) => plugin.id === id)) return { entry: id, config: undefined };
  for (const entry of config.plugins.values()) {
    const { allow } = entry.entry.options;
    if (isNames(allow) && plugins.some((p) => allow.includes(p.id) && p.unselected?.includes(id))) {
      return { entry: entry.id, config: entry, list: { key: 'allow', names: allow } };
    }
  }
  throw unknownPlugin(id, [...plugins.map((p) => p.id), ...config.plugins.keys()], config);
}

const isNames = (list: unknown): list is string[] => Array.isArray(list) && list.every((item) => typeof item === 'string');
const isCalled = (id: string) => (name: string) => name === id || name.endsWith(`:${id}`);

function listWith(id: string, { entry }: PluginConfig): Place['list'] {
  for (const [key, list] of Object.entries(entry.options)) if (isNames(list) && list.some(isCalled(id))) return { key, names: list };
  return undefined;
}

function expose(id: string, { entry, config, list }: Place): Edit[] {
  const edits: Edit[] = [];
  if (list && !list.names.some(isCalled(id))) edits.push({ path: ['plugins', entry, list.key], value: [...list.names, id] });
  if (config && !config.enabled) edits.push({ path: ['plugins', entry, 'enabled'], value: undefined });
  return edits;
}

function unexpose(id: string, { entry, config, list }: Place): Edit[] {
  const rest = list?.names.filter((name) => !isCalled(id)(name)) ?? [];
  if (list && rest.length > 0) return [{ path: ['plugins', entry, list.key], value: rest }];
  return config && !config.enabled ? [] : [{ path: ['plugins', entry, 'enabled'], value: false }];
}

function settingsOf(id: string, { entry, list }: Place, text: string | undefined): Edit[] {
  if (text === undefined) return [];
  return [{ path: ['plugins', entry, ...(list ? ['config', id] : ['settings'])], value: parseSettings(text) }];
}

function parseSettings(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new UsageError('The settings are no JSON object.', `Write them like '{"max_results":5}'.`);
}

// The new text is read as a configuration: where it is none, the old one comes back.
function write({ config, load }: CliSession, edits: readonly Edit[]): boolean {
  if (config.file === undefined) throw new UsageError('There is no configuration file.', 'Make one with `plugmux init`.');
  const before = readFileSync(config.file, 'utf8');
  const text = edits.reduce(
    (edited, { path, value }) => applyEdits(edited, modify(edited, path, value, { formattingOptions: { insertSpaces: true, tabSize: 2 } })),
    before,
  );
  if (text === before) return false;
  replace(config.file, text);
  try {
    load();
  } catch (error) {
    replace(config.file, before);
    throw error;
  }
  return true;
}

function replace(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text);
  renameSync(fresh, file);
}
