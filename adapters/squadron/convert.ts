import { relative, sep } from 'node:path';
import type { JsonObject, JsonValue } from '../../src/core/json/json.ts';
import { toJson } from './aliases.ts';
import { readDeclarations, type ServerBlock } from './hcl/declarations.ts';
import { readProject } from './hcl/project.ts';
import { declaredVariables } from './hcl/scope.ts';
import { installFolder } from './install/home.ts';
import { resolveSource } from './path-rule.ts';

/**
 * Returns the configuration that serves a Squadron project's declarations, for a file in the folder `into`. Values of
 * variables become environment references.
 */
export async function convertProject(dir: string, into: string = dir): Promise<{ config: JsonObject; notes: string[] }> {
  const project = readProject(dir);
  // Variables without a default and secret ones come from Squadron's vault, here from the environment.
  const wanted = declaredVariables(project).filter(({ secret, preset }) => secret || preset === undefined);
  const given = Object.fromEntries(wanted.map(({ name }) => [name, `\${env:${toVariable(name)}}`]));
  const declared = readDeclarations(project, given);
  const notes: string[] = [];
  const plugins: JsonObject = {};
  for (const block of declared.plugins) {
    if ('error' in block) {
      notes.push(`plugin "${block.name}" is left out: ${block.error.message}`);
      continue;
    }
    const { name, source, version, settings, folder } = block;
    const entry: JsonObject = { format: 'squadron' };
    try {
      // Names and versions are checked by the same rules as when served.
      installFolder('', name, version);
      if (source) entry.source = source.startsWith('github.com/') ? source : toRelative(source, folder, dir, into);
    } catch (error) {
      notes.push(`plugin "${name}" is left out: ${(error as Error).message}`);
      continue;
    }
    entry.version = version;
    if (Object.keys(settings).length > 0) entry.settings = { ...settings };
    plugins[name] = entry;
  }
  const servers: JsonObject = {};
  for (const block of declared.servers) {
    const server = 'error' in block ? block.error.message : toServer(block);
    if (typeof server === 'string') notes.push(`mcp "${block.name}" is left out: ${server}`);
    else servers[block.name] = server;
    if (!('error' in block) && 'client_secret' in block.attributes)
      notes.push(
        `mcp "${block.name}": its client_secret is not converted; add it to "oauth" together with the "issuer" that it belongs to.`,
      );
  }
  const text = JSON.stringify([plugins, servers]);
  const variables = wanted.map(({ name }) => toVariable(name)).filter((name) => text.includes(`\${env:${name}}`));
  if (variables.length > 0) notes.push(`set these environment variables: ${variables.join(', ')}.`);
  if (declared.tools.length > 0) {
    notes.push(
      `tool blocks (${declared.tools.map(({ name }) => name).join(', ')}) cannot be written in mcp.json; to serve them, add the project itself: "squad": { "format": "squadron", "path": "." }.`,
    );
  }
  if (declared.skipped.length > 0) notes.push(`blocks of these kinds are not plugins and are left out: ${declared.skipped.join(', ')}.`);
  return { config: { plugins, ...(Object.keys(servers).length > 0 ? { mcpServers: servers } : {}) }, notes };
}

function toServer({ attributes }: ServerBlock): JsonObject | string {
  const { command, args, env, url, headers, client_id } = Object.fromEntries(
    Object.entries(attributes).map(([key, value]): [string, JsonValue] => [key, toJson(value)]),
  );
  if (typeof command === 'string') return { command, ...(args === undefined ? {} : { args }), ...(env === undefined ? {} : { env }) };
  if (typeof url === 'string') {
    const oauth: JsonObject = typeof client_id === 'string' && client_id !== '' ? { oauth: { clientId: client_id } } : {};
    return { url, ...(headers === undefined ? {} : { headers }), ...oauth };
  }
  return typeof attributes.source === 'string'
    ? `installing its "source" ${attributes.source} is not supported; install it and set "command".`
    : 'it has neither "command" nor "url".';
}

// Checked against the path rule both where it was written and where it will be.
function toRelative(source: string, folder: string, root: string, into: string): string {
  const way = relative(into, resolveSource(source, folder, root))
    .split(sep)
    .join('/');
  resolveSource(way, into, into);
  return `./${way}`;
}

function toVariable(name: string): string {
  return name.replace(/\W/g, '_').toUpperCase();
}
