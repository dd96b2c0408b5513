import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import type { Manifest } from '../core/plugin.ts';
import { escapeHidden, hasHidden, shorten, showName } from '../core/text.ts';
import type { Tool } from '../core/tool.ts';
import { type HeaderParam, headerParams } from './header-params.ts';
import { isPortable } from './schemas/is-portable.ts';
import { shapeOf } from './schemas/shape.ts';
import { tryCompile } from './trial.ts';
import type { Validator, ValidatorSet } from './validators.ts';
import { type Dialect, vetSchema } from './vet.ts';

/** The limits this floor obeys. */
export interface RegistryLimits {
  readonly toolNameChars: number;
  readonly descriptionChars: number;
  readonly schemaBytes: number;
  readonly toolsPerPlugin: number;
  readonly tools: number;
}

/** A tool that may be served: its schema is vetted, its name and description are safe to show. */
export interface VettedTool {
  readonly tool: Tool;
  readonly schema: JsonObject;
  /** The schema of its structured results; absent where it has none that can be shown. */
  readonly output: JsonObject | undefined;
  readonly description: string;
  /** Arguments that clients repeat in HTTP headers. */
  readonly headers: readonly HeaderParam[];
  /** Whether the schema is one that every client takes as it stands. */
  readonly portable: boolean;
  /** Says what is wrong with arguments; compiled on first use. */
  readonly validate: Validator;
  /** Says what of a structured result does not fit its schema; absent where nobody asks. */
  readonly fits?: Validator;
}

/** A tool that is kept from clients, and why. */
export interface Quarantined {
  readonly tool: string;
  readonly code: 'SCHEMA_REFUSED' | 'TOOL_REFUSED';
  readonly reason: string;
}

/** The tools of one plugin, sorted into those that can be served and those that cannot. */
export interface VettedTools {
  readonly tools: readonly VettedTool[];
  readonly quarantined: readonly Quarantined[];
}

/** Schemas with more subschemas than this are compiled on trial first. */
const TRIAL_FROM = 150;

/** Vets the tools of one plugin's offer, in the order they are offered. */
export async function vetTools(
  tools: readonly Tool[],
  { id }: Manifest,
  limits: RegistryLimits,
  validators: ValidatorSet,
  validate: boolean,
): Promise<VettedTools> {
  const served: VettedTool[] = [];
  const quarantined: Quarantined[] = [];
  const refuse = (tool: Tool, code: Quarantined['code'], reason: string): number =>
    quarantined.push({ tool: showName(String(tool.name)), code, reason });
  const names = new Set<string>();
  for (const tool of tools) {
    const fault =
      nameFault(tool.name, limits.toolNameChars) ?? (names.has(tool.name) ? 'the plugin has another tool of the same name' : undefined);
    const vetted = fault === undefined ? vetSchema(tool.input, limits.schemaBytes) : undefined;
    if (vetted === undefined) refuse(tool, 'TOOL_REFUSED', fault as string);
    else if (vetted.refused !== undefined) refuse(tool, 'SCHEMA_REFUSED', `its input schema is refused: ${vetted.refused}`);
    else if (served.length >= limits.toolsPerPlugin)
      refuse(tool, 'TOOL_REFUSED', `plugin ${id} offers more than ${limits.toolsPerPlugin} tools`);
    else if (vetted.subschemas > TRIAL_FROM && !(await tryCompile(vetted.schema, vetted.dialect))) {
      refuse(tool, 'SCHEMA_REFUSED', 'its input schema takes too long to compile');
    } else {
      names.add(tool.name);
      const check = validate ? lazyValidator(validators, vetted.schema, vetted.dialect) : () => undefined;
      const { params, schema } = headerParams(publishable(vetted.schema));
      const portable = isPortable(schema);
      // A large schema is rewritten here, where others get a turn in between, and not when somebody lists.
      if (vetted.subschemas > TRIAL_FROM) shapeOf({ input: schema, headers: params, portable }, 'portable');
      const promised = tool.output && vetSchema(tool.output, limits.schemaBytes);
      const output = promised?.schema;
      served.push({
        tool,
        schema,
        output,
        description: describeTool(tool, limits.descriptionChars),
        headers: params,
        portable,
        validate: check,
        ...(tool.checksOutput && output ? { fits: lazyValidator(validators, output, promised?.dialect ?? '2020-12') } : {}),
      });
    }
  }
  return { tools: served, quarantined };
}

function nameFault(name: unknown, limit: number): string | undefined {
  if (typeof name !== 'string' || name === '') return 'it has no name';
  if (name.length > limit) return `its name has more than ${limit} characters`;
  if (hasHidden(name)) return 'its name holds characters that cannot be seen';
  return undefined;
}

function describeTool(tool: Tool, limit: number): string {
  const text = escapeHidden(typeof tool.description === 'string' ? tool.description : '').trim();
  return shorten(text === '' ? (tool.title ?? tool.name) : text, limit);
}

function lazyValidator(validators: ValidatorSet, schema: JsonObject, dialect: Dialect): Validator {
  let compiled: Validator | undefined;
  return (args) => {
    compiled ??= validators.compile(schema, dialect).validate;
    return compiled(args);
  };
}

// Several clients refuse an object schema without "properties".
function publishable(schema: JsonObject): JsonObject {
  return isJsonObject(schema.properties) ? schema : { ...schema, properties: {} };
}

/** The same schema with every description passed through a function; for tool names that were changed. */
export function rewriteDescriptions(schema: JsonObject, rewrite: (text: string) => string): JsonObject {
  const walk = (node: JsonValue): JsonValue => {
    if (Array.isArray(node)) return node.map(walk);
    if (!isJsonObject(node)) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, key === 'description' && typeof value === 'string' ? rewrite(value) : walk(value)]),
    );
  };
  return walk(schema) as JsonObject;
}
