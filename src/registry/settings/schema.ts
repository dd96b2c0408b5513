import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { namesSecret } from '../../core/secrets/secret-key.ts';
import { hasHidden } from '../../core/text/hidden.ts';
import { showName } from '../../core/text/text.ts';
import { cleanValue } from '../offer/clean.ts';

/** The settings that a plugin declares, in the one shape that forms and checks use. */
export interface SettingsSchema {
  /** A JSON Schema 2020-12 object with the properties of `settings`. Secrets are `writeOnly`. */
  readonly schema: JsonObject;
  /** Schemas of the settings by key. */
  readonly settings: ReadonlyMap<string, JsonObject>;
  readonly required: ReadonlySet<string>;
  /** What was left out, and why. */
  readonly problems: readonly string[];
}

const MAX_SETTINGS = 500;
const MAX_BYTES = 256 * 1024;
const MAX_KEY_LENGTH = 200;

/** Reads the schema that a plugin declares; undefined if it declares no settings. Settings that cannot be used are left out and listed. */
export function toSettingsSchema(declared: unknown): SettingsSchema | undefined {
  if (declared === undefined) return undefined;
  const problems: string[] = [];
  const root = readRoot(declared, problems);
  const settings = new Map<string, JsonObject>();
  const properties = isJsonObject(root.properties) ? root.properties : {};
  if (root.properties !== undefined && !isJsonObject(root.properties))
    problems.push('"properties" of the declared settings is not an object.');
  for (const [key, schema] of Object.entries(properties)) {
    const fault = settings.size >= MAX_SETTINGS ? `a plugin may declare ${MAX_SETTINGS} settings` : faultOf(key, schema);
    if (fault === undefined) settings.set(key, withPath(withSecret(key, schema)));
    else if (problems.length < MAX_SETTINGS)
      problems.push(`The setting "${showName(key).slice(0, MAX_KEY_LENGTH)}" is left out: ${fault}.`);
  }
  const required = (Array.isArray(root.required) ? root.required : []).filter((key) => typeof key === 'string' && settings.has(key));
  return {
    schema: { ...root, type: 'object', properties: Object.fromEntries(settings), required },
    settings,
    required: new Set(required as string[]),
    problems,
  };
}

/** Whether only mcp.json may set it: it occurs in a command, or its plugin writes it. */
export function isFileOnly(schema: JsonObject): boolean {
  return schema['x-command'] === true || schema.readOnly === true;
}

/** Whether the value of a setting is a secret. */
export function isSecret(schema: JsonObject): boolean {
  return schema.writeOnly === true;
}

function readRoot(declared: unknown, problems: string[]): JsonObject {
  const refuse = (why: string): JsonObject => {
    problems.push(`The declared settings are not used: ${why}.`);
    return {};
  };
  if (!isJsonObject(declared)) return refuse('they are not a JSON Schema object');
  if (declared.type !== undefined && declared.type !== 'object') return refuse('their schema does not have "type": "object"');
  let bytes: number;
  try {
    bytes = Buffer.byteLength(JSON.stringify(declared));
  } catch {
    return refuse('they cannot be written as JSON');
  }
  if (bytes > MAX_BYTES) return refuse(`their ${bytes} bytes exceed the limit of ${MAX_BYTES} bytes`);
  return declared;
}

function faultOf(key: string, schema: JsonValue): string | undefined {
  // Keys with a colon at their start are of the gateway itself.
  if (key === '' || key === '__proto__' || key.startsWith(':')) return 'its key cannot be used';
  if (key.length > MAX_KEY_LENGTH) return `its key has more than ${MAX_KEY_LENGTH} characters`;
  if (hasHidden(key)) return 'its key contains invisible characters';
  return isJsonObject(schema) || schema === true ? undefined : 'its schema is not an object';
}

// Generators of schemas mark the path of a file or folder by its format.
const PATHS: Readonly<Record<string, string>> = { 'file-path': 'file', 'directory-path': 'directory' };

function withPath(schema: JsonObject): JsonObject {
  const path = typeof schema.format === 'string' && Object.hasOwn(PATHS, schema.format) ? PATHS[schema.format] : undefined;
  return path === undefined || schema['x-path'] !== undefined ? schema : { ...schema, 'x-path': path };
}

// A text whose key names a secret is one, even if its author did not mark it.
function withSecret(key: string, declared: JsonValue): JsonObject {
  const schema = isJsonObject(declared) ? cleanValue(declared) : {};
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const isText = types.every((type) => type === undefined || type === 'string' || type === 'null');
  const secret = schema.writeOnly === true || (isText && schema.enum === undefined && namesSecret(key));
  if (!secret) return schema;
  // A default is only shown, and a secret is not.
  const { default: _, examples: __, ...rest } = schema;
  return { ...rest, writeOnly: true };
}
