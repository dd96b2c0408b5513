import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { hasHidden } from '../../core/text/hidden.ts';
import { someText } from '../../core/text/map-texts.ts';
import { cleanText, cleanValue } from '../offer/clean.ts';
import { IN_PLACE_LIST, IN_PLACE_ONE, INSIDE_MAP, INSIDE_ONE, STORED_MAP } from './subschemas.ts';

/** The result of cleaning a schema: what was left out of it, or why it cannot be served. */
export type CleanedSchema = { readonly dropped: readonly string[]; readonly refused?: undefined } | { readonly refused: string };

const ONE = new Set([...IN_PLACE_ONE, ...INSIDE_ONE, 'items']);
const LIST = new Set([...IN_PLACE_LIST, 'prefixItems', 'items']);
const MAP = new Set([...INSIDE_MAP, ...STORED_MAP]);
/** Values that must stay exact: an escaped value would not be the one that the tool accepts. */
const EXACT = new Set([
  ...['enum', 'const', 'pattern', 'required', 'dependentRequired', 'dependencies'],
  ...['$ref', '$dynamicRef', '$anchor', '$dynamicAnchor'],
]);
/** Only hints for filling in arguments, so they can be dropped. */
const SPARE = new Set(['default', 'examples', 'example']);
const INVISIBLE = 'contains invisible characters';

class Refusal extends Error {}

/**
 * Escapes hidden characters in the texts of a vetted schema, in place. Drops properties, defaults and examples that contain
 * some; rejects the schema if a value that must stay exact does. `promised`: the schema describes a tool's results.
 */
export function cleanSchema(schema: JsonObject, promised = false): CleanedSchema {
  const cleaner = new Cleaner(promised);
  try {
    cleaner.visit(schema, '#');
    return { dropped: cleaner.dropped };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.message };
    throw error;
  }
}

class Cleaner {
  readonly #promised: boolean;
  readonly dropped: string[] = [];

  constructor(promised: boolean) {
    this.#promised = promised;
  }

  visit(schema: JsonValue, at: string): void {
    if (!isJsonObject(schema)) return;
    for (const key of Object.keys(schema)) this.#visitKey(schema, key, schema[key] as JsonValue, `${at}/${cleanText(key)}`);
  }

  #visitKey(schema: JsonObject, key: string, value: JsonValue, at: string): void {
    if (hasHidden(key) || (SPARE.has(key) && someText(value, hasHidden))) {
      delete schema[key];
      this.dropped.push(at);
    } else if (EXACT.has(key)) {
      if (someText(value, hasHidden)) throw new Refusal(`${at} ${INVISIBLE}`);
    } else if (MAP.has(key) && isJsonObject(value)) this.#visitMap(schema, key, value, at);
    else if (LIST.has(key) && Array.isArray(value)) for (const [i, item] of value.entries()) this.visit(item, `${at}/${i}`);
    else if (ONE.has(key)) this.visit(value, at);
    else if (key !== '__proto__') schema[key] = cleanValue(value);
  }

  #visitMap(schema: JsonObject, key: string, map: JsonObject, at: string): void {
    for (const [name, item] of Object.entries(map)) {
      if (!hasHidden(name)) this.visit(item, `${at}/${name}`);
      else if (key === 'properties' && !(this.#promised && isClosed(schema))) {
        delete map[name];
        this.dropped.push(`${at}/${cleanText(name)}`);
      } else throw new Refusal(`the name ${at}/${cleanText(name)} ${INVISIBLE}`);
    }
  }
}

// Clients reject results with members that a closed schema does not name.
function isClosed({ additionalProperties, unevaluatedProperties }: JsonObject): boolean {
  return additionalProperties === false || unevaluatedProperties === false;
}
