import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import { type Folder, isInside } from '../folder.ts';
import { type Declared, NOTHING } from '../format.ts';
import { type JsonFile, readJsonFile } from '../read/json-file.ts';
import { expand } from '../servers/expand.ts';
import type { ServerPart } from '../servers/server-part.ts';
import { onlyPlaces, type Places } from '../servers/variables.ts';
import { serverFault } from './agent-plugin-server.ts';

/** The address that names the standard; the version is between its parts. It is never fetched. */
const MANIFEST_SCHEMA = /^https:\/\/agent-plugins\.org\/schemas\/([^/]+)\/plugin\.schema\.json$/;
const VERSION = '1.0.0';
const MCP_SCHEMA = `https://agent-plugins.org/schemas/${VERSION}/mcp.schema.json`;
const KEYS = new Set('$schema name version description author homepage repository license keywords extensions'.split(' '));
const NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
const EXPANDED = new Set(['args', 'env', 'cwd']);
/** Headers that the client generates: those of a plugin never replace or extend them. */
const GENERATED = /^(?:accept|connection|content-length|content-type|host|last-event-id|mcp-.*|transfer-encoding)$/i;

/** Reads `plugin.json` of the Agent Plugins standard 1.0. Throws MANIFEST_INVALID if the standard forbids to load anything of it. */
export function readAgentPlugin(folder: Folder): Declared {
  const { root, report } = folder;
  const file = join(root, 'plugin.json');
  if (!isInside(root, file)) throw invalid('plugin.json: it leads out of the plugin.');
  const manifest = readJsonFile(root, file);
  checkManifest(manifest, folder);
  const { name, version, description, extensions } = manifest.value as { name: string } & JsonObject;
  folder.named(name);
  const facts: JsonObject = isJsonObject(extensions) && Object.keys(extensions).length > 0 ? { extensions: Object.keys(extensions) } : {};
  return {
    ...NOTHING,
    format: 'agent-plugin',
    name,
    ...(typeof version === 'string' ? { version } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    servers: readServers(folder),
    skills: skillsOf(folder, report),
    facts,
  };
}

function checkManifest({ value, at }: JsonFile, { report }: Folder): void {
  const fatal = (key: string, why: string): never => {
    throw invalid(`${at([key])}: "${key}" ${why}, so the standard forbids to load the plugin.`);
  };
  const [, version] = MANIFEST_SCHEMA.exec(String(value.$schema)) ?? [];
  if (version !== VERSION) fatal('$schema', `names version ${version ?? 'none'} of the standard, and only ${VERSION} is supported`);
  const { name } = value;
  if (typeof name !== 'string' || name.length > 64 || !NAME.test(name) || /--|\.\./.test(name))
    fatal('name', 'must be 1 to 64 of a-z, 0-9, "-" and ".", with a letter or digit at both ends and without "--" or ".."');
  for (const key of ['version', 'description', 'homepage', 'repository', 'license'])
    if (value[key] !== undefined && typeof value[key] !== 'string') fatal(key, 'is not a text');
  if (value.keywords !== undefined && !(Array.isArray(value.keywords) && value.keywords.every((word) => typeof word === 'string')))
    fatal('keywords', 'is not a list of texts');
  const { author } = value;
  if (author !== undefined) {
    if (!isJsonObject(author)) fatal('author', 'is not an object');
    for (const [key, text] of Object.entries(author as JsonObject))
      if (!['name', 'email', 'url'].includes(key) || typeof text !== 'string')
        fatal('author', `has "${key}", which must be name, email or url, each a text`);
  }
  for (const key of Object.keys(value))
    if (!KEYS.has(key)) report({ subject: key, message: `${at([key])}: the key "${key}" is unknown and is ignored.` });
  if (value.extensions !== undefined && !isJsonObject(value.extensions))
    report({ subject: 'extensions', message: `${at(['extensions'])}: "extensions" is not an object and is ignored.` });
}

function skillsOf(folder: Folder, report: Folder['report']): string[] {
  const dir = join(folder.root, 'skills');
  if (!existsSync(dir)) return [];
  const why = !isInside(folder.root, dir) ? 'leads out of the plugin' : statSync(dir).isDirectory() ? undefined : 'is not a folder';
  if (why === undefined) return [dir];
  report({ subject: 'skills', message: `skills ${why}, so no skill of the plugin is loaded.` });
  return [];
}

function readServers(folder: Folder): ServerPart[] {
  const { root, report } = folder;
  const file = join(root, 'mcp.json');
  if (!existsSync(file)) return [];
  const off = (why: string): ServerPart[] => {
    report({ subject: 'mcp.json', message: `${why} No server of it is loaded.` });
    return [];
  };
  if (!isInside(root, file)) return off('mcp.json leads out of the plugin.');
  if (!statSync(file).isFile()) return off('mcp.json is not a file.');
  let json: JsonFile;
  try {
    json = readJsonFile(root, file);
  } catch (error) {
    return off((error as Error).message);
  }
  const { $schema, mcpServers, ...rest } = json.value;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return off(`${json.at([unknown])}: the key "${unknown}" is not allowed.`);
  if ($schema !== MCP_SCHEMA) return off(`${json.at(['$schema'])}: "$schema" must be ${MCP_SCHEMA}.`);
  if (!isJsonObject(mcpServers)) return off(`${json.at(['mcpServers'])}: "mcpServers" is not an object.`);
  return Object.entries(mcpServers).flatMap(([name, server]) => {
    const fault = serverFault(server) ?? containmentFault(server as JsonObject, folder);
    if (fault === undefined) return [toPart(name, server as JsonObject, json, folder)];
    const [key] = Object.keys(isJsonObject(server) ? server : {}).filter((one) => fault.startsWith(`"${one}"`));
    report({
      code: 'CONFIG_INVALID',
      subject: name,
      message: `${json.at(['mcpServers', name, ...(key ? [key] : [])])}: the server "${name}" is left out: ${fault}.`,
    });
    return [];
  });
}

function placesOf({ root, dataDir }: Folder): Places {
  return { PLUGIN_ROOT: () => root, PLUGIN_DATA: dataDir };
}

function toPart(name: string, raw: JsonObject, { at }: JsonFile, folder: Folder): ServerPart {
  const { root, dataDir } = folder;
  const { command, headers } = raw;
  const server = { ...raw };
  if (typeof command === 'string' && command.startsWith('./')) server.command = resolve(root, command);
  if (isJsonObject(headers)) server.headers = Object.fromEntries(Object.entries(headers).filter(([header]) => !GENERATED.test(header)));
  const variables = onlyPlaces(placesOf(folder));
  return {
    name,
    server,
    at: (path) => at(['mcpServers', name, ...path]),
    cwd: root,
    base: root,
    env: () => ({ PLUGIN_ROOT: root, PLUGIN_DATA: dataDir() }),
    variables: (key) => (EXPANDED.has(key) ? variables : undefined),
  };
}

// Commands and working folders may lie in the plugin, working folders also in its data folder, by their real paths.
function containmentFault({ command, cwd }: JsonObject, folder: Folder): string | undefined {
  const { root, dataDir } = folder;
  if (typeof command === 'string' && command.startsWith('./') && !isInside(root, resolve(root, command)))
    return '"command" leads out of the plugin';
  if (typeof cwd !== 'string') return undefined;
  const bound = cwd.startsWith('${PLUGIN_DATA}') ? dataDir() : root;
  const { text } = expand(cwd, onlyPlaces(placesOf(folder)));
  return isInside(bound, resolve(root, text)) ? undefined : `"cwd" leads out of the ${bound === root ? 'plugin' : 'data folder'}`;
}

function invalid(message: string): GatewayError {
  return new GatewayError('MANIFEST_INVALID', message);
}
