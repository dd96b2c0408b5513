import { toJsonText } from '../../core/json/exact-number.ts';
import { findFault } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { type JsonCaps, JsonError, parseMessage } from '../../core/json/json-scan.ts';
import { type Dialect, dialectOf } from '../check/dialect.ts';
import { notLinear } from '../check/linear.ts';
import { BadId, localise } from '../check/references.ts';
import { survey } from '../check/survey.ts';
import { children } from '../schemas/subschemas.ts';

/** A schema that may be served, or why it may not. */
export type Vetted =
  | {
      readonly schema: JsonObject;
      /** The dialect for checking values; undefined if they are not checked. */
      readonly dialect: Dialect | undefined;
      /** The parts that are not checked, and why; one text each. */
      readonly unchecked: readonly string[];
      readonly bytes: number;
      readonly refused?: undefined;
    }
  | { readonly schema?: undefined; readonly refused: string };

/** Above these a tool is not served. */
const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 64;
/** For any JSON in a schema, such as a default. */
const CAPS: JsonCaps = { depth: 256, keys: Number.POSITIVE_INFINITY, items: Number.POSITIVE_INFINITY };
/** Above this, values are not checked. */
const MAX_SUBSCHEMAS = 2_000;
const MAX_LISTED = 20;
/** Keywords without effect on validation. */
const ANNOTATIONS = new Set(['title', 'description', '$comment', 'default', 'examples', 'example']);

class Refusal extends Error {}

/**
 * Decides whether a tool's schema can be served: an object schema within 1 MB and 64 levels. It is served unchecked if it
 * exceeds `maxBytes` without annotations or 2,000 subschemas, is too expensive to check, or has an unknown dialect. Parts
 * that cannot be checked are listed. Returns a copy without `$id`; nothing is ever fetched.
 */
export function vetSchema(input: unknown, maxBytes: number): Vetted {
  try {
    return vet(input, maxBytes);
  } catch (error) {
    if (error instanceof Refusal || error instanceof BadId) return { refused: error.message };
    throw error;
  }
}

function vet(input: unknown, maxBytes: number): Vetted {
  if (!isJsonObject(input))
    throw new Refusal(`it is ${input === null ? 'null' : Array.isArray(input) ? 'a list' : `a ${typeof input}`}, not an object`);
  const text = written(input);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) throw new Refusal(`its ${bytes} bytes exceed the limit of ${MAX_BYTES} bytes`);
  const schema = read(text);
  if (schema.type !== 'object') throw new Refusal(`its root must have "type": "object", not ${JSON.stringify(schema.type)}`);
  const odd = findFault(schema);
  if (odd) throw new Refusal(`its number at ${odd.path} ${odd.fault}`);
  const seen = inspect(schema);
  const dialect = seen.isOlder && schema.$schema === undefined ? 'draft-07' : dialectOf(schema);
  localise(schema, dialect);
  const served = { schema, bytes };
  const not = (why: string): Vetted => ({ ...served, dialect: undefined, unchecked: [`arguments are not checked: ${why}`] });
  if (!dialect) return not(`its dialect ${JSON.stringify(schema.$schema).slice(0, 200)} is unknown`);
  if (seen.mixesDialects) return not('parts of it use another dialect');
  if (seen.subschemas > MAX_SUBSCHEMAS) return not(`it has more than ${MAX_SUBSCHEMAS} subschemas`);
  if (bytes > maxBytes && bytes - seen.annotationBytes > maxBytes)
    return not(`its ${bytes - seen.annotationBytes} bytes without descriptions exceed limits.schemaBytes (${maxBytes})`);
  const surveyed = survey(schema, dialect, notLinear);
  if (surveyed.heavy) return not('its references expand to too many checks of one value');
  return { ...served, dialect, unchecked: listUnchecked(surveyed.left) };
}

function read(text: string): JsonObject {
  try {
    return parseMessage(Buffer.from(text), text, CAPS) as JsonObject;
  } catch (error) {
    if (error instanceof JsonError) throw new Refusal(`it has ${error.message}`);
    throw error;
  }
}

function written(schema: JsonObject): string {
  try {
    return toJsonText(schema);
  } catch {
    throw new Refusal('it cannot be written as JSON');
  }
}

function listUnchecked(left: readonly string[]): string[] {
  const listed = left.slice(0, MAX_LISTED).map((part) => `not checked: ${part.slice(0, 300)}`);
  return left.length > MAX_LISTED ? [...listed, `not checked: ${left.length - MAX_LISTED} more parts`] : listed;
}

interface Seen {
  subschemas: number;
  /** Bytes of annotations. */
  annotationBytes: number;
  isOlder: boolean;
  mixesDialects: boolean;
}

function inspect(root: JsonObject): Seen {
  const seen: Seen = { subschemas: 0, annotationBytes: 0, isOlder: false, mixesDialects: false };
  const visit = (schema: JsonValue, depth: number): void => {
    if (!isJsonObject(schema)) return;
    if (depth > MAX_DEPTH) throw new Refusal(`it is more than ${MAX_DEPTH} levels deep`);
    seen.subschemas++;
    for (const key in schema) if (ANNOTATIONS.has(key)) seen.annotationBytes += Buffer.byteLength(toJsonText(schema[key]));
    // Older dialects write a tuple as a list of item schemas.
    if (Array.isArray(schema.items)) seen.isOlder = true;
    if (schema !== root && schema.$schema !== undefined && dialectOf(schema) !== dialectOf(root)) seen.mixesDialects = true;
    for (const [child] of children(schema, '')) visit(child, depth + 1);
  };
  visit(root, 0);
  return seen;
}
