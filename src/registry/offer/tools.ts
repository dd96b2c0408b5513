import { hash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Tool } from '../../core/contract/tool.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { hasHidden } from '../../core/text/hidden.ts';
import { shorten, showName } from '../../core/text/text.ts';
import { cleanSchema } from '../schemas/clean.ts';
import { isPortable } from '../schemas/is-portable.ts';
import { toCompilable } from '../schemas/listable.ts';
import { shapeOf } from '../schemas/shape.ts';
import { type Checker, UNCHECKED, type ValidatorSet } from '../validators.ts';
import { cleanText } from './clean.ts';
import { type HeaderParam, headerParams } from './header-params.ts';
import { vetSchema } from './vet.ts';

/** The limits that the registry applies. */
export interface RegistryLimits {
  readonly toolNameChars: number;
  readonly descriptionChars: number;
  readonly schemaBytes: number;
  readonly jsonDepth: number;
  readonly jsonKeys: number;
  readonly jsonItems: number;
  readonly toolsPerPlugin: number;
  readonly tools: number;
}

/** A tool that may be served: its schema is vetted, its name and description are safe to show. */
export interface VettedTool extends VettedSchemas {
  readonly tool: Tool;
  readonly description: string;
  /** Variants of the tool that other sessions see. */
  readonly others: readonly VettedTool[];
}

/** The result of vetting a tool's schemas. */
interface VettedSchemas {
  /** Identifies the schemas, to recognize unchanged ones in the next offer. */
  readonly digest: string;
  readonly bytes: number;
  readonly schema: JsonObject;
  /** The schema of its structured results; undefined if there is none that can be shown. */
  readonly output: JsonObject | undefined;
  /** Arguments that clients repeat in HTTP headers. */
  readonly headers: readonly HeaderParam[];
  /** Whether every client accepts the schema unchanged. */
  readonly portable: boolean;
  /** JSON pointers of the parts that are left out because they contain invisible characters. */
  readonly dropped: readonly string[];
  /** The parts of the arguments that are not checked, and why. */
  readonly unchecked: readonly string[];
  /** The parts that are left out of the output schema, and why. */
  readonly unshown: readonly string[];
  /** Checks arguments. */
  readonly checker: Checker;
  /** Checks structured results; absent if the tool does not ask for that. */
  readonly outputChecker?: Checker;
}

/** A tool that is not served, and why. */
export interface RejectedTool {
  readonly tool: string;
  readonly code: 'SCHEMA_REFUSED' | 'TOOL_REFUSED';
  readonly reason: string;
}

/** The tools of one plugin, sorted into those that can be served and those that cannot. */
export interface VettedTools {
  readonly tools: readonly VettedTool[];
  readonly quarantined: readonly RejectedTool[];
}

export const NO_TOOLS: VettedTools = { tools: [], quarantined: [] };

/** After so many bytes of schemas others get a turn. */
const BYTES_BETWEEN_TURNS = 128 * 1024;
const LARGE = 16 * 1024;

/** The settings for vetting one plugin's tools. */
export interface Vetting {
  readonly plugin: string;
  readonly limits: RegistryLimits;
  readonly validators: ValidatorSet;
  /** Whether arguments are checked before a call. */
  readonly validate: boolean;
}

/**
 * Vets the tools of one plugin's offer, in their order. Reuses the result of `before`, the previous offer, for tools whose
 * schemas have not changed.
 */
export async function vetTools(tools: readonly Tool[], vetting: Vetting, before: VettedTools = NO_TOOLS): Promise<VettedTools> {
  const { plugin, limits } = vetting;
  const served = new Map<string, VettedTool & { readonly others: VettedTool[] }>();
  const quarantined: RejectedTool[] = [];
  const refuse = (tool: Tool, code: RejectedTool['code'], reason: string): number =>
    quarantined.push({ tool: showName(String(tool.name)), code, reason });
  const known = new Map(before.tools.flatMap((vetted) => [vetted, ...vetted.others]).map((vetted) => [vetted.digest, vetted]));
  let bytes = 0;
  for (const tool of tools) {
    const twin = served.get(tool.name);
    const isVariant = twin?.tool.shownTo !== undefined && tool.shownTo !== undefined;
    const fault =
      nameFault(tool, limits.toolNameChars) ??
      tool.fault ??
      (twin && !isVariant ? 'the plugin has another tool with this name' : undefined) ??
      (!twin && served.size >= limits.toolsPerPlugin ? `plugin ${plugin} offers more than ${limits.toolsPerPlugin} tools` : undefined);
    if (fault !== undefined) {
      refuse(tool, 'TOOL_REFUSED', fault);
      continue;
    }
    const schemas = vetSchemas(tool, vetting, known);
    bytes += 'refused' in schemas ? BYTES_BETWEEN_TURNS : schemas.bytes;
    if (bytes >= BYTES_BETWEEN_TURNS) {
      bytes = 0;
      await turn();
    }
    if ('refused' in schemas) {
      refuse(tool, 'SCHEMA_REFUSED', schemas.refused);
      continue;
    }
    const vetted = { ...schemas, tool, description: describeTool(tool, limits.descriptionChars), others: [] };
    if (twin) twin.others.push(vetted);
    else served.set(tool.name, vetted);
  }
  return { tools: [...served.values()], quarantined };
}

function vetSchemas(
  { input, output: offered, checksOutput = false }: Tool,
  { limits, validators, validate }: Vetting,
  known: ReadonlyMap<string, VettedSchemas>,
): VettedSchemas | { readonly refused: string } {
  const digest = digestOf([input, offered, checksOutput]);
  if (digest === undefined) return { refused: 'its input schema cannot be written as JSON' };
  const before = known.get(digest);
  if (before) return before;
  const vetted = vetSchema(input, limits.schemaBytes);
  if (vetted.refused !== undefined) return { refused: `its input schema was rejected: ${vetted.refused}` };
  const cleaned = cleanSchema(vetted.schema);
  if (cleaned.refused !== undefined) return { refused: `its input schema was rejected: ${cleaned.refused}` };
  const { params, schema } = headerParams(publishable(vetted.schema));
  const portable = isPortable(schema);
  // A large schema is converted here, where other work gets turns in between, and not when a client lists.
  if (vetted.bytes > LARGE) shapeOf({ input: schema, headers: params, portable }, 'portable');
  const promised = offered && vetSchema(offered, limits.schemaBytes);
  const output = promised?.schema;
  const promises = output && cleanSchema(output, true);
  const shown = output && toCompilable(output);
  if (promises?.refused !== undefined) return { refused: `its output schema was rejected: ${promises.refused}` };
  return {
    digest,
    bytes: vetted.bytes,
    schema,
    output: shown?.schema,
    headers: params,
    portable,
    dropped: [...cleaned.dropped, ...(promises?.dropped ?? [])],
    unchecked: validate ? vetted.unchecked : [],
    unshown: shown?.left ?? [],
    checker: validate ? validators.compile(vetted.schema, vetted.dialect) : UNCHECKED,
    ...(checksOutput && output && promised?.dialect ? { outputChecker: validators.compile(output, promised.dialect, 'it') } : {}),
  };
}

function digestOf(schemas: unknown): string | undefined {
  try {
    return hash('sha1', toJsonText(schemas));
  } catch {
    return undefined;
  }
}

function nameFault({ name, native }: Tool, limit: number): string | undefined {
  if (typeof name !== 'string' || name === '') return 'it has no name';
  if (name.length > limit) return `its name has more than ${limit} characters`;
  if (hasHidden(name) || (native !== undefined && hasHidden(native))) return 'its name contains invisible characters';
  return undefined;
}

function describeTool(tool: Tool, limit: number): string {
  const text = cleanText(typeof tool.description === 'string' ? tool.description : '').trim();
  return shorten(text === '' ? (tool.title ?? tool.name) : text, limit);
}

// Several clients reject an object schema without "properties".
function publishable(schema: JsonObject): JsonObject {
  return isJsonObject(schema.properties) ? schema : { ...schema, properties: {} };
}

/** A copy of a schema with every description rewritten; for renamed tools. */
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
