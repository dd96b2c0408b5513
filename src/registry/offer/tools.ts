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

/** The limits this layer applies. */
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
  /** The tool as it is shown to further sessions. */
  readonly others: readonly VettedTool[];
}

/** What became of a tool's schemas. */
interface VettedSchemas {
  /** Tells whether the schemas are the same as in another offer. */
  readonly digest: string;
  readonly bytes: number;
  readonly schema: JsonObject;
  /** The schema of its structured results; absent where it has none that can be shown. */
  readonly output: JsonObject | undefined;
  /** Arguments that clients repeat in HTTP headers. */
  readonly headers: readonly HeaderParam[];
  /** Whether the schema is one that every client takes as it stands. */
  readonly portable: boolean;
  /** Places in its schemas that are left out, since they hold characters that cannot be seen. */
  readonly dropped: readonly string[];
  /** What of its arguments is not checked, and why. */
  readonly unchecked: readonly string[];
  /** What the schema of its results is shown without, and why. */
  readonly unshown: readonly string[];
  /** Says what is wrong with arguments. */
  readonly checker: Checker;
  /** Says what of a structured result does not fit its schema; absent where nobody asks. */
  readonly outputChecker?: Checker;
}

/** A tool that is kept from clients, and why. */
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

/** What a plugin has that offers nothing. */
export const NO_TOOLS: VettedTools = { tools: [], quarantined: [] };

/** After so many bytes of schemas others get a turn. */
const BYTES_BETWEEN_TURNS = 128 * 1024;
const LARGE = 16 * 1024;

/** What one plugin's tools are vetted with. */
export interface Vetting {
  readonly plugin: string;
  readonly limits: RegistryLimits;
  readonly validators: ValidatorSet;
  /** Whether arguments are checked before a call. */
  readonly validate: boolean;
}

/**
 * Vets the tools of one plugin's offer, in the order they are offered. A tool whose schemas are those of `before`, the offer
 * before this one, keeps what was made of them.
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
      (twin && !isVariant ? 'the plugin has another tool of the same name' : undefined) ??
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
  if (vetted.refused !== undefined) return { refused: `its input schema is refused: ${vetted.refused}` };
  const cleaned = cleanSchema(vetted.schema);
  if (cleaned.refused !== undefined) return { refused: `its input schema is refused: ${cleaned.refused}` };
  const { params, schema } = headerParams(publishable(vetted.schema));
  const portable = isPortable(schema);
  // A large schema is rewritten here, where others get a turn in between, and not when somebody lists.
  if (vetted.bytes > LARGE) shapeOf({ input: schema, headers: params, portable }, 'portable');
  const promised = offered && vetSchema(offered, limits.schemaBytes);
  const output = promised?.schema;
  const promises = output && cleanSchema(output, true);
  const shown = output && toCompilable(output);
  if (promises?.refused !== undefined) return { refused: `its output schema is refused: ${promises.refused}` };
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
  if (hasHidden(name) || (native !== undefined && hasHidden(native))) return 'its name holds characters that cannot be seen';
  return undefined;
}

function describeTool(tool: Tool, limit: number): string {
  const text = cleanText(typeof tool.description === 'string' ? tool.description : '').trim();
  return shorten(text === '' ? (tool.title ?? tool.name) : text, limit);
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
