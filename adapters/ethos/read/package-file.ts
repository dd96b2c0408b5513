import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { parseJson } from '../../../src/core/json/json-scan.ts';

const CAPS = { depth: 64, keys: 100_000, items: 100_000 };
const MAX_SIZE = 4 * 1024 * 1024;
const SECRET_KEY = /^[a-zA-Z0-9_-]+$/;

/** Supported major versions of the plugin contract. */
const OLDEST_MAJOR = 2;
const NEWEST_MAJOR = 4;

/** A credential that a plugin declares. */
export interface EthosCredential {
  readonly key: string;
  readonly label: string;
  readonly required: boolean;
}

/** A plugin's package.json, with defaults for absent fields. */
export interface EthosPackage {
  /** Whether `ethos.type` marks it as a plugin. */
  readonly marked: boolean;
  /** The declared major version of the plugin contract. */
  readonly contract: string;
  readonly id?: string;
  readonly name?: string;
  readonly version: string;
  readonly description?: string;
  readonly credentials: readonly EthosCredential[];
  readonly dependencies: readonly string[];
  readonly priority: number;
  readonly skillsDir?: string;
  readonly permissions: { readonly shell: boolean; readonly network: boolean; readonly filesystem: boolean };
  readonly main?: string;
  readonly exports?: JsonValue;
  readonly problems: readonly Problem[];
}

/** Reads the `package.json` of a folder; null if there is none. Throws MANIFEST_INVALID if it cannot be read. */
export function readPackage(folder: string): JsonObject | null {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return null;
  try {
    if (statSync(file).size > MAX_SIZE) throw new Error('it is larger than 4 MB');
    const raw = parseJson(readFileSync(file, 'utf8').replace(/^\ufeff/, ''), CAPS);
    if (!isJsonObject(raw)) throw new Error('it is not an object');
    return raw;
  } catch (error) {
    throw new GatewayError('MANIFEST_INVALID', `${file} cannot be read: ${(error as Error).message}.`, {
      fix: 'Make it valid JSON.',
      cause: error,
    });
  }
}

/** Whether a package.json marks an Ethos plugin. */
export function isMarked(raw: JsonObject | null): boolean {
  return isJsonObject(raw?.ethos) && raw.ethos.type === 'plugin';
}

/** Converts a package.json. Throws MANIFEST_INVALID for an unsupported contract version or an invalid id. */
export function toPackage(raw: JsonObject | null, folder: string, ignoreContract: boolean): EthosPackage {
  const problems: Problem[] = [];
  const ethos = isJsonObject(raw?.ethos) ? raw.ethos : {};
  const marked = isMarked(raw);
  const id = text(ethos.id);
  if (ethos.id !== undefined && (id === undefined || !isSegment(id))) {
    throw new GatewayError('MANIFEST_INVALID', `${folder}: "ethos.id" must be one path segment, not ${JSON.stringify(ethos.id)}.`);
  }
  if (marked) checkContract(ethos.pluginContractMajor, folder, ignoreContract, problems);
  return {
    marked,
    contract: ethos.pluginContractMajor === undefined ? 'not declared' : String(ethos.pluginContractMajor),
    ...(id === undefined ? {} : { id }),
    ...optional('name', text(raw?.name)),
    version: text(raw?.version) ?? '0.0.0',
    ...optional('description', text(raw?.description)),
    credentials: toCredentials(ethos.credentials, problems),
    dependencies: texts(ethos.dependencies),
    priority: typeof ethos.priority === 'number' ? ethos.priority : 0,
    ...optional('skillsDir', text(ethos.skills_dir)),
    permissions: toPermissions(ethos.permissions),
    ...optional('main', text(raw?.main)),
    ...(raw?.exports === undefined ? {} : { exports: raw.exports }),
    problems,
  };
}

function checkContract(major: JsonValue | undefined, folder: string, ignore: boolean, problems: Problem[]): void {
  if (major === undefined) {
    problems.push({
      subject: 'pluginContractMajor',
      message: `package.json has no "ethos.pluginContractMajor"; ${NEWEST_MAJOR} is assumed.`,
    });
    return;
  }
  if (typeof major === 'number' && Number.isInteger(major) && major >= OLDEST_MAJOR && major <= NEWEST_MAJOR) return;
  const message = `its contract version is ${JSON.stringify(major)}, and ${OLDEST_MAJOR} to ${NEWEST_MAJOR} are supported`;
  if (ignore) problems.push({ subject: 'pluginContractMajor', message: `It is loaded although ${message}.` });
  else {
    throw new GatewayError('MANIFEST_INVALID', `${folder}: the plugin's contract version is not supported: ${message}.`, {
      fix: 'Use another version of the plugin, or set "ignoreContract": true for it in mcp.json.',
    });
  }
}

function toCredentials(raw: JsonValue | undefined, problems: Problem[]): EthosCredential[] {
  if (raw === undefined || raw === null) return [];
  const list = Array.isArray(raw) ? raw : [];
  if (!Array.isArray(raw))
    problems.push({ code: 'MANIFEST_INVALID', subject: 'credentials', message: '"ethos.credentials" is not a list.' });
  return list.flatMap((item, i) => {
    const key = typeof item === 'string' ? item : isJsonObject(item) ? text(item.key) : undefined;
    if (key === undefined || !SECRET_KEY.test(key)) {
      const message = `ethos.credentials[${i}] has no key of letters, digits, "_" and "-"; it is ignored.`;
      problems.push({ code: 'MANIFEST_INVALID', subject: `credentials[${i}]`, message });
      return [];
    }
    const more = asObject(item);
    return [{ key, label: text(more.label) ?? key, required: more.required === true }];
  });
}

function toPermissions(raw: JsonValue | undefined): EthosPackage['permissions'] {
  const has = (name: string): boolean => {
    if (Array.isArray(raw)) return raw.includes(name);
    if (!isJsonObject(raw)) return false;
    const value = raw[name];
    return value === true || Array.isArray(value);
  };
  return { shell: has('shell'), network: has('network'), filesystem: has('filesystem') };
}

/** Whether an id is a single path segment. */
export function isSegment(id: string): boolean {
  return id !== '' && id !== '.' && id !== '..' && !/[/\\\0]/.test(id);
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string' && item !== '') : [];
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
