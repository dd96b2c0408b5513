import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '../../../src/core/contract/adapter.ts';
import type { Host } from '../../../src/core/contract/host.ts';
import type { Manifest, Problem } from '../../../src/core/contract/plugin.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { namesSecret } from '../../../src/core/secrets/secret-key.ts';
import type { Folder } from '../folder.ts';
import type { Declared, Format, Listed } from '../format.ts';
import { defaultedEntry } from '../servers/default-entry.ts';
import { programFault } from '../servers/program-fault.ts';
import { toSource, type Use, type YieldedServer } from '../servers/to-source.ts';
import { ruleKeys } from './merge.ts';
import { toId } from './to-id.ts';

/** A manifest with what `open` needs. */
export interface FolderManifest extends Manifest {
  readonly declared: Declared;
  readonly folder: Folder;
}

interface Around {
  readonly source: Source;
  readonly folder: Folder;
  readonly formats: readonly Format[];
  readonly problems: Problem[];
  readonly host: Host;
  readonly path: string;
  readonly listed?: Listed;
}

const WATCHED = [
  'plugin.json',
  'mcp.json',
  '.mcp.json',
  'gemini-extension.json',
  'commands',
  'agents',
  'skills',
  'rules',
  'policies',
  'hooks',
];
const MANIFESTS: Readonly<Partial<Record<Format, string>>> = { claude: '.claude-plugin', cursor: '.cursor-plugin', codex: '.codex-plugin' };

/** The manifest of a folder, with its servers and settings. */
export function toManifest(declared: Declared, { source, folder, formats, problems, host, path, listed }: Around): FolderManifest {
  const { root } = folder;
  const servers = declared.servers.map((part) => {
    const yielded = toSource(part, defaultedEntry(source.entry), source.root);
    const fault = programFault(yielded.source, folder);
    if (fault) problems.push(fault);
    return withRules(yielded, declared);
  });
  const own = toId(declared.name);
  const id = source.key ?? (listed ? toId(listed.name) : own);
  const settings = toSettings(
    declared,
    servers.flatMap(({ uses }) => uses),
    host,
    folder,
  );
  const { title, description, version = '' } = declared;
  return {
    id,
    ...(id === own ? {} : { alias: own }),
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    version,
    adapter: declared.format,
    origin: path,
    ignored: [...problems, ...declared.problems, ...servers.flatMap((one) => one.problems)],
    watch: [...WATCHED, ...formats.map((format) => MANIFESTS[format] ?? 'plugin.json')]
      .map((name) => join(root, name))
      .concat(declared.context),
    digest: digestOf(declared, formats, settings),
    ...(settings === undefined ? {} : { settings }),
    ...(listed ? { settingsAt: ['config', listed.name] } : {}),
    ...(servers.length === 0 ? {} : { yields: servers.map((one) => one.source) }),
    declared: { ...declared, facts: { dialect: formats.join('+'), ...declared.facts } },
    folder,
  };
}

// The plugin's own choice of tools counts; what it restricts further is added.
function withRules(yielded: YieldedServer, { rules }: Declared): YieldedServer {
  const { source } = yielded;
  const keys = ruleKeys(source.key ?? '', rules);
  if (keys.askTools === undefined && keys.excludeTools === undefined) return yielded;
  const before = Array.isArray(source.server?.excludeTools) ? source.server.excludeTools : [];
  const excludeTools = [...before, ...(keys.excludeTools ?? [])];
  const server: JsonObject = {
    ...source.server,
    ...(keys.askTools ? { askTools: keys.askTools } : {}),
    ...(excludeTools.length > 0 ? { excludeTools } : {}),
  };
  return { ...yielded, source: { ...source, server } };
}

// Variables that a server names count as settings, unless the environment of the gateway has them.
function toSettings({ settings, required }: Declared, uses: readonly Use[], host: Host, { values }: Folder): JsonObject | undefined {
  const properties: Record<string, JsonObject> = { ...settings };
  const needed = new Set(required);
  for (const { setting, isSet, inCommand, inHeader } of uses) {
    const before = properties[setting] ?? { type: 'string' };
    const isSecret = before.writeOnly === true || inHeader || namesSecret(setting);
    const value = isSecret ? values.variable(setting) : undefined;
    if (value !== undefined && value !== '') host.hide(value);
    if (!isSet) needed.add(setting);
    // What the environment of the gateway has needs no setting.
    if (!Object.hasOwn(properties, setting) && isSet && values.setting(setting) === undefined) continue;
    properties[setting] = { ...before, ...(isSecret ? { writeOnly: true } : {}), ...(inCommand ? { 'x-command': true } : {}) };
  }
  if (Object.keys(properties).length === 0) return undefined;
  return { type: 'object', properties, required: [...needed].filter((key) => Object.hasOwn(properties, key)) };
}

// Servers are not in it: a change of one restarts only that one.
function digestOf({ servers: _, rules: __, ...declared }: Declared, formats: readonly Format[], settings: JsonObject | undefined): string {
  const files = [...declared.texts.flatMap(({ file }) => file ?? []), ...declared.context];
  const stamps = files.map((file) => {
    const stat = existsSync(file) ? statSync(file) : undefined;
    return `${file} ${stat?.size} ${stat?.mtimeMs}`;
  });
  return createHash('sha256')
    .update(JSON.stringify([formats, declared, settings ?? null, stamps]))
    .digest('hex');
}
