import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { asObject, isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import { type Folder, fileAt, isInside } from '../folder.ts';
import { type Declared, NOTHING, type TextFile } from '../format.ts';
import { type JsonFile, readJsonFile } from '../read/json-file.ts';
import { createVariables, type Places } from '../servers/variables.ts';
import { reportHooks } from './hooks.ts';
import { listFiles, pathsOf, textFilesOf } from './paths.ts';
import { readDeclaredServers, readServerFile, type ServerDefaults } from './server-files.ts';
import { declaredSettings, defaultsOf } from './user-config.ts';

const UNSUPPORTED = ['lspServers', 'outputStyles', 'workflows', 'experimental', 'channels', 'settings'];
const KNOWN = new Set(
  (
    '$schema name version description displayName author homepage repository license keywords logo commands skills agents hooks ' +
    'mcpServers userConfig dependencies defaultEnabled metadata category tags strict source'
  )
    .split(' ')
    .concat(UNSUPPORTED),
);

/** The places that Claude plugins name. */
export function claudePlaces({ root, dataDir, project }: Folder): Places {
  return { CLAUDE_PLUGIN_ROOT: () => root, CLAUDE_PLUGIN_DATA: dataDir, CLAUDE_PROJECT_DIR: () => project };
}

/** Reads a Claude plugin; `entry`: what the entry of a marketplace says of it, which may be all there is. */
export function readClaude(folder: Folder, entry: JsonObject = {}): Declared {
  const { root, report } = folder;
  const file = fileAt(folder, '.claude-plugin', 'plugin.json');
  const own: JsonFile = file ? readJsonFile(root, file) : { value: {}, at: () => '.claude-plugin/plugin.json' };
  const isWhole = entry.strict === false;
  const value: JsonObject = {
    ...(isWhole ? {} : own.value),
    ...entry,
    ...(typeof own.value.name === 'string' ? { name: own.value.name } : {}),
  };
  const manifest: JsonFile = {
    value,
    at: (path) => (path[0] !== undefined && Object.hasOwn(entry, path[0]) ? `marketplace.json (${String(path[0])})` : own.at(path)),
  };
  for (const key of Object.keys(value))
    if (!KNOWN.has(key)) report({ subject: key, message: `${manifest.at([key])}: the key "${key}" is unknown and is ignored.` });
  const left = UNSUPPORTED.filter((key) => value[key] !== undefined);
  if (existsSync(join(root, '.lsp.json')) && !left.includes('lspServers')) left.push('lspServers');
  if (left.length > 0) report({ subject: 'manifest', message: `Not served, since MCP has no counterpart: ${left.join(', ')}.` });
  if (value.dependencies !== undefined)
    report({
      subject: 'dependencies',
      message: `${manifest.at(['dependencies'])}: it wants other plugins, which are not loaded for it: ${JSON.stringify(value.dependencies)}.`,
    });
  const config = declaredSettings(value.userConfig, manifest, folder);
  const defaults = claudeServers(folder, defaultsOf(config.settings));
  reportHooks(folder, manifest, 'hooks', 'hooks/hooks.json');
  const { name, displayName, version, description } = value;
  return {
    ...NOTHING,
    format: 'claude',
    name: typeof name === 'string' && name !== '' ? name : basename(root),
    ...(typeof displayName === 'string' ? { title: displayName } : {}),
    ...(typeof version === 'string' ? { version } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...config,
    servers: serversOf(manifest, folder, defaults),
    texts: [...commandsOf(manifest, folder), ...textFilesOf('agent', manifest, 'agents', join(root, 'agents'), folder)],
    skills: skillsOf(manifest, folder),
  };
}

/** The references and the environment of the servers of a Claude plugin. */
export function claudeServers(folder: Folder, defaults: ReadonlyMap<string, string | undefined>): ServerDefaults {
  const { root, dataDir, project } = folder;
  const variables = createVariables(folder, { places: claudePlaces(folder), settings: 'user_config.', defaults });
  return {
    cwd: project,
    base: root,
    env: () => ({ CLAUDE_PLUGIN_ROOT: root, CLAUDE_PLUGIN_DATA: dataDir() }),
    variables: () => variables,
  };
}

// The file at its usual place comes first; a server of the manifest with the same name wins.
function serversOf(manifest: JsonFile, folder: Folder, defaults: ServerDefaults) {
  const usual = fileAt(folder, '.mcp.json');
  const all = [
    ...(usual ? readServerFile(usual, folder, defaults) : []),
    ...readDeclaredServers(manifest.value.mcpServers, manifest, 'mcpServers', folder, defaults),
  ];
  return [...new Map(all.map((part) => [part.name, part])).values()];
}

function commandsOf(manifest: JsonFile, folder: Folder): TextFile[] {
  const { commands } = manifest.value;
  if (!isJsonObject(commands)) return textFilesOf('command', manifest, 'commands', join(folder.root, 'commands'), folder);
  return Object.entries(commands).flatMap(([name, raw]): TextFile[] => {
    const { source, content, description, argumentHint } = asObject(raw);
    const told = {
      ...(typeof description === 'string' ? { description } : {}),
      ...(typeof argumentHint === 'string' ? { hint: argumentHint } : {}),
    };
    if (typeof content === 'string' && source === undefined) return [{ kind: 'command', name, text: content, ...told }];
    const [file] = typeof source === 'string' && content === undefined ? listFiles(join(folder.root, source), folder, '.md') : [];
    if (file) return [{ kind: 'command', name, file: file.path, ...told }];
    folder.report({
      subject: name,
      message: `${manifest.at(['commands', name])}: the command needs either "source", a file inside the plugin, or "content".`,
    });
    return [];
  });
}

function skillsOf(manifest: JsonFile, folder: Folder): string[] {
  const usual = join(folder.root, 'skills');
  const declared = pathsOf(manifest, 'skills', folder);
  return [...new Set([...(existsSync(usual) && isInside(folder.root, usual) ? [usual] : []), ...declared])];
}
