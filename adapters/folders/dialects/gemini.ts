import { existsSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import { namesSecret } from '../../../src/core/secrets/secret-key.ts';
import { type Folder, isInside } from '../folder.ts';
import { type Declared, NOTHING } from '../format.ts';
import { type JsonFile, readJsonFile } from '../read/json-file.ts';
import { expand } from '../servers/expand.ts';
import { createVariables, onlyPlaces, type Places } from '../servers/variables.ts';
import { readPolicies } from './gemini-policies.ts';
import { reportHooks } from './hooks.ts';
import { listFiles } from './paths.ts';
import { readDeclaredServers } from './server-files.ts';
import { isTextList, textOf } from './texts.ts';

const NAME = /^[a-zA-Z0-9-]+$/;
/** Keys of a server that only its own host can use. */
const GOOGLE_LOGIN = ['authProviderType', 'targetAudience', 'targetServiceAccount', 'tcp'];

/** Reads a Gemini CLI extension. Throws MANIFEST_INVALID where its own host skips it, too. */
export function readGemini(folder: Folder): Declared {
  const { root, report } = folder;
  const manifest = readJsonFile(root, join(root, 'gemini-extension.json'));
  const { value, at } = manifest;
  const { name, version, description } = value;
  if (typeof name !== 'string' || !NAME.test(name)) throw invalid(`${at(['name'])}: "name" must consist of letters, digits and "-".`);
  if (typeof version !== 'string') throw invalid(`${at(['version'])}: "version" is missing.`);
  const places = geminiPlaces(folder);
  const settings = settingsOf(manifest, folder);
  if (value.excludeTools !== undefined)
    report({
      subject: 'excludeTools',
      message: `${at(['excludeTools'])}: "excludeTools" names tools of the Gemini CLI itself and means nothing here.`,
    });
  const left = ['themes', 'plan'].filter((key) => value[key] !== undefined);
  if (left.length > 0) report({ subject: 'manifest', message: `Not served, since MCP has no counterpart: ${left.join(', ')}.` });
  reportHooks(folder, { value: {}, at }, 'hooks', 'hooks/hooks.json');
  const commands = join(root, 'commands');
  const agents = join(root, 'agents');
  const skills = join(root, 'skills');
  return {
    ...NOTHING,
    format: 'gemini',
    name,
    version,
    ...(textOf(description) === undefined ? {} : { description: description as string }),
    settings,
    servers: serversOf(manifest, folder, places, settings),
    texts: [
      ...(existsSync(commands) ? listFiles(commands, folder, '.toml') : []).map(({ path, name: path_ }) => ({
        kind: 'toml' as const,
        name: commandName(path_),
        file: path,
      })),
      ...(existsSync(agents) ? listFiles(agents, folder, '.md') : []).map(({ path, name: path_ }) => ({
        kind: 'agent' as const,
        name: path_,
        file: path,
      })),
    ],
    context: contextOf(manifest, folder, places),
    skills: existsSync(skills) && isInside(root, skills) ? [skills] : [],
    rules: readPolicies(folder),
  };
}

/** The places that extensions name. */
export function geminiPlaces({ root, project }: Folder): Places {
  return { extensionPath: () => root, workspacePath: () => project, '/': () => sep, pathSeparator: () => sep };
}

function settingsOf({ value, at }: JsonFile, { report }: Folder): Record<string, JsonObject> {
  const declared: Record<string, JsonObject> = {};
  if (value.settings === undefined) return declared;
  for (const [i, setting] of (Array.isArray(value.settings) ? value.settings : [value.settings]).entries()) {
    if (!isJsonObject(setting) || typeof setting.envVar !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(setting.envVar)) {
      report({ subject: 'settings', message: `${at(['settings', i])}: the setting is left out: "envVar" is not the name of a variable.` });
      continue;
    }
    const { envVar, name, description, sensitive } = setting;
    declared[envVar] = {
      type: 'string',
      ...(textOf(name) === undefined ? {} : { title: name as string }),
      ...(textOf(description) === undefined ? {} : { description: description as string }),
      ...(sensitive === true || namesSecret(envVar) || namesSecret(String(name)) ? { writeOnly: true } : {}),
    };
  }
  return declared;
}

function serversOf(manifest: JsonFile, folder: Folder, places: Places, settings: Readonly<Record<string, JsonObject>>) {
  const { root, project, values, report } = folder;
  const variables = createVariables(folder, { places, bare: true });
  // The CLI passes declared settings to the servers as their environment.
  const env = (): Record<string, string> =>
    Object.fromEntries(
      Object.keys(settings).flatMap((key): [string, string][] => {
        const value = values.variable(key);
        return value === undefined ? [] : [[key, value]];
      }),
    );
  const parts = readDeclaredServers(manifest.value.mcpServers, manifest, 'mcpServers', folder, {
    cwd: project,
    base: root,
    env,
    variables: () => variables,
  });
  return parts.flatMap((part) => {
    const { tcp, ...server } = part.server;
    for (const key of GOOGLE_LOGIN.filter((one) => server[one] !== undefined))
      report({
        subject: part.name,
        message: `${part.at([key])}: "${key}" is a login of the Gemini CLI; log in with \`plugmux login\`, or set "headers".`,
      });
    const plain = Object.fromEntries(Object.entries(server).filter(([key]) => !GOOGLE_LOGIN.includes(key)));
    return [{ ...part, server: typeof tcp === 'string' && plain.url === undefined ? { ...plain, url: tcp } : plain }];
  });
}

function contextOf({ value, at }: JsonFile, folder: Folder, places: Places): string[] {
  const { contextFileName } = value;
  const named = typeof contextFileName === 'string' ? [contextFileName] : contextFileName;
  if (named === undefined) {
    const usual = join(folder.root, 'GEMINI.md');
    return existsSync(usual) && isInside(folder.root, usual) ? [usual] : [];
  }
  if (!isTextList(named)) throw invalid(`${at(['contextFileName'])}: "contextFileName" must be a text or a list of texts.`);
  return named.flatMap((name) => {
    const file = resolve(folder.root, expand(name, onlyPlaces(places)).text);
    if (!isInside(folder.root, file)) throw invalid(`${at(['contextFileName'])}: ${name} leads out of the extension.`);
    if (existsSync(file)) return [file];
    folder.report({ subject: 'contextFileName', message: `${at(['contextFileName'])}: ${name} does not exist.` });
    return [];
  });
}

/** The name of a command as the CLI forms it from the path below `commands`. */
export function commandName(path: string): string {
  return path
    .split('/')
    .map((segment) => segment.replace(/[^a-zA-Z0-9_\-.]/g, '_'))
    .map((segment) => (segment.length > 50 ? `${segment.slice(0, 47)}...` : segment))
    .join(':');
}

function invalid(message: string): GatewayError {
  return new GatewayError('MANIFEST_INVALID', message);
}
