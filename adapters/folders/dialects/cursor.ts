import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asObject, isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import { type Folder, fileAt, isInside } from '../folder.ts';
import { type Declared, NOTHING } from '../format.ts';
import { readJsonFile } from '../read/json-file.ts';
import { createVariables, editorPlaces } from '../servers/variables.ts';
import { claudePlaces } from './claude.ts';
import { reportHooks } from './hooks.ts';
import { pathsOf, textFilesOf } from './paths.ts';
import { readDeclaredServers, readServerFile } from './server-files.ts';
import { isTextList, textOf } from './texts.ts';
import { defaultsOf } from './user-config.ts';

const NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const KEYS = new Set(
  (
    'name displayName description version minClientVersions author publisher homepage repository license logo keywords category tags ' +
    'commands agents skills rules hooks variables mcpServers'
  ).split(' '),
);

/** Reads a Cursor plugin. */
export function readCursor(folder: Folder): Declared {
  const { root, report } = folder;
  const manifest = readJsonFile(root, join(root, '.cursor-plugin', 'plugin.json'));
  const { value, at } = manifest;
  const name = textOf(value.name) ?? '';
  if (!NAME.test(name))
    report({ subject: 'name', message: `${at(['name'])}: Cursor refuses the name ${JSON.stringify(value.name ?? null)}.` });
  for (const key of Object.keys(value))
    if (!KEYS.has(key)) report({ subject: key, message: `${at([key])}: the key "${key}" is unknown and is ignored.` });
  const { properties, required } = asObject(value.variables);
  const settings = Object.fromEntries(
    Object.entries(asObject(properties)).filter((pair): pair is [string, JsonObject] => isJsonObject(pair[1])),
  );
  const variables = createVariables(folder, {
    places: { ...editorPlaces(folder), ...claudePlaces(folder), CURSOR_PLUGIN_ROOT: () => root },
    env: 'env:',
    defaults: defaultsOf(settings),
  });
  const defaults = { cwd: root, base: root, env: () => ({ CURSOR_PLUGIN_ROOT: root }), variables: () => variables };
  const usual = fileAt(folder, 'mcp.json');
  reportHooks(folder, manifest, 'hooks', 'hooks/hooks.json');
  const skills = join(root, 'skills');
  return {
    ...NOTHING,
    format: 'cursor',
    name,
    ...(textOf(value.displayName) === undefined ? {} : { title: value.displayName as string }),
    ...(textOf(value.version) === undefined ? {} : { version: value.version as string }),
    ...(textOf(value.description) === undefined ? {} : { description: value.description as string }),
    settings,
    required: isTextList(required) ? required.filter((key) => settings[key]?.default === undefined) : [],
    servers:
      value.mcpServers === undefined
        ? usual
          ? readServerFile(usual, folder, defaults)
          : []
        : readDeclaredServers(value.mcpServers, manifest, 'mcpServers', folder, defaults),
    texts: [
      ...textFilesOf('command', manifest, 'commands', join(root, 'commands'), folder),
      ...textFilesOf('agent', manifest, 'agents', join(root, 'agents'), folder),
      ...textFilesOf('rule', manifest, 'rules', join(root, 'rules'), folder, '.mdc'),
    ],
    skills:
      value.skills === undefined ? (existsSync(skills) && isInside(root, skills) ? [skills] : []) : pathsOf(manifest, 'skills', folder),
  };
}
