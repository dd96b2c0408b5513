import { isJsonObject, type JsonObject } from '../../src/core/json.ts';

/** The schema text of a tool as an object schema, otherwise untouched; undefined where it is none. */
export function toInputSchema(text: string): JsonObject | undefined {
  const schema = text.trim() === '' ? {} : parse(text);
  if (!isJsonObject(schema)) return undefined;
  const { type: said, properties, ...rest } = schema;
  // What an author left empty arrives as null, or as an empty text.
  const type = said === undefined || said === null || said === '' ? 'object' : said;
  if (properties !== undefined && properties !== null) return { type, properties, ...rest };
  return '$ref' in rest ? { type, ...rest } : { type, properties: {}, ...rest };
}

/** The schema of a tool's result as the plugin gives it; undefined where it gives none. */
export function toOutputSchema(text: string): JsonObject | undefined {
  const schema = text.trim() === '' ? undefined : parse(text);
  return isJsonObject(schema) && Object.keys(schema).length > 0 ? schema : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
