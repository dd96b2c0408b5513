import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Entry } from '../../../src/core/contract/adapter.ts';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json/json.ts';
import { namesSecret } from '../../../src/core/secrets/secret-key.ts';
import { expandPlaces } from './variables.ts';

/** The value of a setting: one text, or a list of texts. */
export type Value = string | readonly string[];

/** The settings of a bundle and their values. */
export interface Settings {
  /** Properties of a JSON Schema, by key. */
  readonly properties: Readonly<Record<string, JsonObject>>;
  /** Keys that must be set, those with a default excepted. */
  readonly required: readonly string[];
  /** Values of the settings that have one: the operator's, else the default. */
  readonly values: ReadonlyMap<string, Value>;
  /** Keys without a value that are required, or whose value cannot be used. */
  readonly missing: readonly string[];
  /** Values to mask in logs. */
  readonly secrets: readonly string[];
  readonly problems: readonly Problem[];
}

/** Reads the settings that `user_config` declares. `folder`: relative paths are below it. */
export function readSettings(declared: Readonly<Record<string, JsonObject>>, { settings, credentials }: Entry, folder: string): Settings {
  const properties: Record<string, JsonObject> = {};
  const required: string[] = [];
  const values = new Map<string, Value>();
  const missing: string[] = [];
  const secrets: string[] = [];
  const problems: Problem[] = [];
  for (const [key, raw] of Object.entries(declared)) {
    const usual = defaultOf(raw.default);
    properties[key] = toProperty(raw, usual);
    if (raw.required === true && isEmpty(usual)) required.push(key);
    const given = Object.hasOwn(credentials, key) ? credentials[key] : Object.hasOwn(settings, key) ? settings[key] : undefined;
    const read = isEmpty(given) ? undefined : readValue(raw, given as JsonValue, folder);
    if (read && 'fault' in read) {
      problems.push({
        code: 'SETTINGS_INVALID',
        subject: key,
        message: `The setting "${key}" ${read.fault}; the server is not started with it.`,
        fix: 'Correct the value.',
      });
      missing.push(key);
      continue;
    }
    const found = read ?? (isEmpty(usual) ? undefined : readValue(raw, usual as JsonValue, folder));
    if (!found || 'fault' in found) {
      if (raw.required === true) missing.push(key);
      continue;
    }
    const { value } = found;
    values.set(key, value);
    if (raw.sensitive === true || namesSecret(key)) secrets.push(...[value].flat().filter((text) => text !== ''));
    if (isPath(raw))
      for (const path of [value].flat())
        if (!existsSync(path)) problems.push({ subject: key, message: `The setting "${key}" names ${path}, which does not exist.` });
  }
  return { properties, required, values, missing, secrets, problems };
}

// A default may name folders of the user, which are filled in first.
function defaultOf(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value === 'string') return expandPlaces(value);
  return Array.isArray(value) ? value.map((item) => (typeof item === 'string' ? expandPlaces(item) : item)) : value;
}

function isEmpty(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function isPath({ type }: JsonObject): boolean {
  return type === 'directory' || type === 'file';
}

function readValue(declared: JsonObject, given: JsonValue, folder: string): { readonly value: Value } | { readonly fault: string } {
  const { type, min, max } = declared;
  if (declared.multiple === true) {
    const list = Array.isArray(given) ? given : [given];
    const texts = list.filter((item): item is string => typeof item === 'string' && item !== '');
    if (texts.length !== list.length) return { fault: 'is not a list of texts' };
    return { value: isPath(declared) ? texts.map((path) => toPath(path, folder)) : texts };
  }
  if (type === 'boolean') return /^(true|false)$/.test(String(given)) ? { value: String(given) } : { fault: 'is neither true nor false' };
  if (type === 'number') {
    // A reference to the environment gives a text.
    const number = typeof given === 'string' ? Number(given) : given;
    if (typeof number !== 'number' || !Number.isFinite(number) || given === '') return { fault: 'is not a number' };
    if (typeof min === 'number' && number < min) return { fault: `is below ${min}` };
    if (typeof max === 'number' && number > max) return { fault: `is above ${max}` };
    return { value: String(given) };
  }
  if (!['string', 'number', 'boolean'].includes(typeof given)) return { fault: 'is not a text' };
  return { value: isPath(declared) ? toPath(String(given), folder) : String(given) };
}

function toPath(path: string, folder: string): string {
  return resolve(folder, path.replace(/^~(?=[/\\]|$)/, homedir()));
}

function toProperty(raw: JsonObject, usual: JsonValue | undefined): JsonObject {
  const { type, title, description, multiple, sensitive, min, max } = raw;
  const base: JsonObject = {
    type: type === 'number' || type === 'boolean' ? type : 'string',
    ...(isPath(raw) ? { 'x-path': String(type) } : {}),
    ...(typeof min === 'number' && type === 'number' ? { minimum: min } : {}),
    ...(typeof max === 'number' && type === 'number' ? { maximum: max } : {}),
  };
  return {
    ...(multiple === true ? { type: 'array', items: base } : base),
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(isEmpty(usual) ? {} : { default: usual as JsonValue }),
    ...(sensitive === true ? { writeOnly: true } : {}),
  };
}
