import { join } from 'node:path';
import { asObject, isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import type { Folder } from '../folder.ts';
import { type Declared, NOTHING } from '../format.ts';
import { readJsonFile } from '../read/json-file.ts';
import type { ServerPart } from '../servers/server-part.ts';
import { createVariables } from '../servers/variables.ts';
import { claudePlaces } from './claude.ts';
import { reportHooks } from './hooks.ts';
import { pathsOf } from './paths.ts';
import { readDeclaredServers } from './server-files.ts';
import { isTextList, textOf } from './texts.ts';

/** Reads a Codex plugin. */
export function readCodex(folder: Folder): Declared {
  const { root, dataDir } = folder;
  const manifest = readJsonFile(root, join(root, '.codex-plugin', 'plugin.json'));
  const { value, at } = manifest;
  const { displayName, defaultPrompt, shortDescription } = asObject(value.interface);
  const places = { ...claudePlaces(folder), PLUGIN_ROOT: () => root, PLUGIN_DATA: dataDir };
  const variables = createVariables(folder, { places });
  const servers = readDeclaredServers(value.mcpServers, manifest, 'mcpServers', folder, {
    cwd: root,
    base: root,
    env: () => ({ PLUGIN_ROOT: root, CLAUDE_PLUGIN_ROOT: root }),
    variables: () => variables,
  });
  if (value.apps !== undefined)
    folder.report({
      subject: 'apps',
      message: `${at(['apps'])}: "apps" name servers that are registered at OpenAI; they cannot be used elsewhere.`,
    });
  reportHooks(folder, manifest, 'hooks', 'hooks.json');
  const title = textOf(displayName) ?? textOf(value.displayName);
  const description = textOf(value.description) ?? textOf(shortDescription);
  return {
    ...NOTHING,
    format: 'codex',
    name: textOf(value.name) ?? '',
    ...(title === undefined ? {} : { title }),
    ...(textOf(value.version) === undefined ? {} : { version: value.version as string }),
    ...(description === undefined ? {} : { description }),
    servers: servers.map(withCodexKeys),
    starters: typeof defaultPrompt === 'string' ? [defaultPrompt] : isTextList(defaultPrompt) ? defaultPrompt : [],
    skills: pathsOf(manifest, 'skills', folder),
  };
}

// Codex names variables of the environment in keys of their own.
function withCodexKeys(part: ServerPart): ServerPart {
  const { bearer_token_env_var: bearer, env_http_headers: named, http_headers: fixed, env_vars: passed, ...server } = part.server;
  const headers: JsonObject = { ...asObject(server.headers), ...asObject(fixed) };
  for (const [header, variable] of Object.entries(asObject(named))) headers[header] = `\${${String(variable)}}`;
  if (typeof bearer === 'string') headers.Authorization = `Bearer \${${bearer}}`;
  const env: JsonObject = isJsonObject(server.env) ? { ...server.env } : {};
  if (isTextList(passed)) for (const variable of passed) env[variable] ??= `\${${variable}}`;
  return {
    ...part,
    server: {
      ...server,
      ...(Object.keys(headers).length > 0 ? { headers } : {}),
      ...(Object.keys(env).length > 0 ? { env } : {}),
    },
  };
}
