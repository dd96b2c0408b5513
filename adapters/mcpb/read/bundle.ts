import type { Problem } from '../../../src/core/contract/plugin.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { parseManifest } from '../recognise.ts';

/** The command of a bundle's server on this platform, its references not filled in. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A prompt text of a manifest. */
export interface BundlePrompt {
  readonly name: string;
  readonly description?: string;
  readonly arguments: readonly string[];
  readonly text: string;
}

/** What a manifest says, read leniently: only what the gateway needs must be right. */
export interface Bundle {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly version: string;
  readonly manifestVersion: string;
  readonly type: string;
  readonly server: ServerCommand;
  readonly userConfig: Readonly<Record<string, JsonObject>>;
  readonly prompts: readonly BundlePrompt[];
  /** Names of the tools it declares. */
  readonly tools: readonly string[];
  /** Whether the server may have further tools. */
  readonly generatesTools: boolean;
  readonly runtimes: Readonly<Record<string, string>>;
  /** Absent: every platform. */
  readonly platforms?: readonly string[];
  readonly problems: readonly Problem[];
}

const VERSIONS = new Set(['0.1', '0.2', '0.3', '0.4']);
const KEYS = new Set(
  (
    '$schema dxt_version manifest_version name display_name version description long_description author repository homepage documentation ' +
    'support icon icons screenshots localization server tools tools_generated prompts prompts_generated keywords license ' +
    'privacy_policies compatibility user_config _meta'
  ).split(' '),
);

/** Reads a manifest. Throws MANIFEST_INVALID if nothing can be started by it. */
export function readManifest(text: string, platform: NodeJS.Platform = process.platform): Bundle {
  let raw: unknown;
  try {
    raw = parseManifest(text);
  } catch (error) {
    throw invalid(`it is not JSON: ${(error as Error).message}`);
  }
  if (!isJsonObject(raw)) throw invalid('it is not a JSON object');
  const { name, server, compatibility } = raw;
  if (typeof name !== 'string' || name.trim() === '') throw invalid('it has no "name"');
  if (!isJsonObject(server)) throw invalid('it has no "server"', 'The bundle has only a manifest. Ask its author for one with a server.');
  const problems: Problem[] = [];
  const note = (subject: string, message: string): void => void problems.push({ subject, message: `manifest.json: ${message}` });
  const unknown = Object.keys(raw).filter((key) => !KEYS.has(key));
  if (unknown.length > 0) note('manifest', `keys that the format does not know are ignored: ${unknown.join(', ')}.`);
  const version = versionOf(raw);
  if (!VERSIONS.has(version))
    note('manifest_version', `the version ${JSON.stringify(version)} is unknown; it is read as the newest known one.`);
  const platforms = textsOf(asObject(compatibility).platforms);
  const title = textOf(raw.display_name);
  const description = textOf(raw.description);
  return {
    name,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    version: textOf(raw.version) ?? '',
    manifestVersion: version,
    type: textOf(server.type) ?? 'unknown',
    server: commandOf(server, platform),
    userConfig: userConfigOf(raw.user_config, note),
    prompts: promptsOf(raw.prompts, note),
    tools: (Array.isArray(raw.tools) ? raw.tools : []).flatMap((tool) => textOf(asObject(tool).name) ?? []),
    generatesTools: raw.tools_generated === true,
    runtimes: mapOf(asObject(compatibility).runtimes),
    ...(platforms.length === 0 ? {} : { platforms }),
    problems,
  };
}

function versionOf({ manifest_version, dxt_version }: JsonObject): string {
  const own = textOf(manifest_version);
  return own !== undefined && (VERSIONS.has(own) || dxt_version === undefined) ? own : (textOf(dxt_version) ?? own ?? '');
}

// Each key of a platform replaces the whole key: environments are not merged.
function commandOf(server: JsonObject, platform: NodeJS.Platform): ServerCommand {
  const base = asObject(server.mcp_config);
  const { command, args, env } = { ...base, ...asObject(asObject(base.platform_overrides)[platform]) };
  if (typeof command === 'string' && command.trim() !== '') return { command, args: scalarsOf(args), env: mapOf(env) };
  const { entry_point } = server;
  if (server.type !== 'uv' || typeof entry_point !== 'string') throw invalid('its "server" has no "mcp_config.command"');
  return { command: 'uv', args: ['run', '--directory', '${__dirname}', entry_point], env: mapOf(env) };
}

function userConfigOf(value: JsonValue | undefined, note: (subject: string, message: string) => void): Record<string, JsonObject> {
  const entries = Object.entries(asObject(value)).filter(([key, setting]) => {
    if (isJsonObject(setting)) return true;
    note(key, `the setting "${key}" is not an object and is left out.`);
    return false;
  });
  return Object.fromEntries(entries) as Record<string, JsonObject>;
}

function promptsOf(value: JsonValue | undefined, note: (subject: string, message: string) => void): BundlePrompt[] {
  return (Array.isArray(value) ? value : []).flatMap((raw): BundlePrompt[] => {
    const { name, description, text, arguments: args } = asObject(raw);
    if (typeof name === 'string' && name !== '' && typeof text === 'string')
      return [{ name, text, arguments: textsOf(args), ...(typeof description === 'string' ? { description } : {}) }];
    note('prompts', `a prompt without "name" or "text" is left out.`);
    return [];
  });
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textsOf(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function scalarsOf(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter(isScalar).map(String) : [];
}

function mapOf(value: JsonValue | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(asObject(value)).flatMap(([key, item]) => (isScalar(item) ? [[key, String(item)]] : [])));
}

function isScalar(value: JsonValue | undefined): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function invalid(what: string, fix?: string): GatewayError {
  return new GatewayError('MANIFEST_INVALID', `manifest.json: ${what}.`, fix === undefined ? {} : { fix });
}
