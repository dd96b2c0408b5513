import type { Problem } from '../../src/core/contract/plugin.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { toChoices, toParams } from './params.ts';

/** A function that a plugin declares. */
export interface TalosFunction {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
}

/** A credential. Secret by default. */
export interface TalosCredential {
  readonly name: string;
  readonly label: string;
  readonly description?: string;
  readonly required: boolean;
  readonly secret: boolean;
}

/** A setting. Its default is converted to a string. */
export interface TalosSetting {
  readonly name: string;
  readonly label: string;
  readonly description?: string;
  /** `number`, `string`, `boolean` or `select`; other texts count as `string`. */
  readonly type: string;
  /** The choices of a `select`. */
  readonly options: readonly string[];
  readonly secret: boolean;
  readonly default?: string;
  /** The function that knows the choices, as an extension of its schema. */
  readonly choices: ReturnType<typeof toChoices>;
}

/** A declared trigger. */
export interface TalosTrigger {
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  /** The parameters as a JSON Schema. */
  readonly params?: JsonObject;
}

/** A group of functions in a plugin. */
export interface TalosModule {
  readonly id: string;
  readonly functions: readonly string[];
}

/** `manifest.json`, read leniently: only an invalid `id` or `functions` is an error. */
export interface TalosManifest {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly logName: string;
  readonly category: string;
  readonly functions: readonly TalosFunction[];
  readonly credentials: readonly TalosCredential[];
  readonly settings: readonly TalosSetting[];
  readonly triggers: readonly TalosTrigger[];
  readonly modules: readonly TalosModule[];
  readonly oauth: boolean;
  readonly sidecar: boolean;
  readonly problems: readonly Problem[];
}

/** Reads a manifest. Invalid items become problems; unknown keys are ignored. */
export function toManifest(raw: JsonObject): TalosManifest | { readonly fault: string } {
  const { id } = raw;
  if (typeof id !== 'string' || id.trim() === '') return { fault: '"id" must be a non-empty string' };
  if (!Array.isArray(raw.functions)) return { fault: '"functions" must be a list' };
  const problems: Problem[] = [];
  return {
    id,
    name: text(raw.name) ?? id,
    description: text(raw.description) ?? '',
    version: text(raw.version) ?? '0.0.0',
    logName: text(raw.logName) ?? id,
    category: text(raw.category) ?? 'other',
    functions: toFunctions(raw.functions, problems),
    credentials: entries(raw.credentials, 'credentials', 'name', problems).map((c) => ({
      name: c.name as string,
      label: text(c.label) ?? (c.name as string),
      ...described(c),
      required: c.required === true,
      secret: c.secret !== false,
    })),
    settings: entries(raw.settings, 'settings', 'name', problems).map((s) => ({
      name: s.name as string,
      label: text(s.label) ?? (s.name as string),
      ...described(s),
      type: text(s.type) ?? 'string',
      options: Array.isArray(s.options) ? s.options.flatMap((option) => (option === null ? [] : [toText(option)])) : [],
      secret: s.secret === true,
      ...(s.default === undefined || s.default === null ? {} : { default: toText(s.default) }),
      choices: toChoices(s.source),
    })),
    triggers: entries(raw.triggers, 'triggers', 'id', problems).map((t) => {
      const params = toParams(entries(t.params, `triggers of "${t.id}": params`, 'key', problems));
      return { id: t.id as string, label: text(t.label) ?? (t.id as string), ...described(t), ...(params && { params }) };
    }),
    modules: entries(raw.modules, 'modules', 'id', problems).map((m) => ({
      id: m.id as string,
      functions: Array.isArray(m.functions) ? m.functions.filter((f): f is string => typeof f === 'string') : [],
    })),
    oauth: isJsonObject(raw.oauth),
    sidecar: isJsonObject(raw.sidecar),
    problems,
  };
}

/** Converts a value of the manifest or mcp.json to the string that plugins expect. */
export function toText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function described({ description }: JsonObject): { description?: string } {
  return text(description) === undefined ? {} : { description: text(description) as string };
}

function toFunctions(raw: JsonValue[], problems: Problem[]): TalosFunction[] {
  const found = new Map<string, TalosFunction>();
  for (const { name, description, parameters } of entries(raw, 'functions', 'name', problems)) {
    const key = name as string;
    if (found.has(key)) {
      problems.push({
        code: 'TOOL_REFUSED',
        subject: key,
        message: `The manifest lists the function "${key}" twice; the first is used.`,
      });
      continue;
    }
    found.set(key, {
      name: key,
      description: text(description) ?? '',
      parameters: toParameters(parameters),
    });
  }
  return [...found.values()];
}

// A schema that is not an object is passed on: the registry rejects the tool and reports why.
function toParameters(parameters: JsonValue | undefined): JsonObject {
  if (parameters === undefined || parameters === null) return { type: 'object', properties: {} };
  if (!isJsonObject(parameters)) return parameters as unknown as JsonObject;
  return parameters.type === undefined ? { type: 'object', ...parameters } : parameters;
}

function entries(list: JsonValue | undefined, field: string, key: string, problems: Problem[]): JsonObject[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) {
    problems.push({
      code: 'MANIFEST_INVALID',
      subject: field,
      message: `"${field}" of the manifest is not a list and is ignored.`,
    });
    return [];
  }
  return list.filter((item, i): item is JsonObject => {
    if (isJsonObject(item) && typeof item[key] === 'string' && item[key] !== '') return true;
    problems.push({
      code: 'MANIFEST_INVALID',
      subject: `${field}[${i}]`,
      message: `${field}[${i}] of the manifest has no "${key}" and is ignored.`,
    });
    return false;
  });
}
