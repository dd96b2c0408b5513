import { Validator } from '@seriousme/openapi-schema-validator';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { targetOf } from '../../src/registry/schemas/subschemas.ts';

const validator = new Validator();
/** Keywords with data, not schemas. */
const DATA = ['enum', 'const', 'default', 'examples', 'example', 'x-vendor'];

/** What is wrong with an OpenAPI 3.1 document; empty if nothing is. */
export async function openapiFaults(document: JsonObject): Promise<string[]> {
  const { valid, errors } = await validator.validate(withoutRefs(document) as JsonObject);
  const shape = valid ? [] : [typeof errors === 'string' ? errors : JSON.stringify(errors)];
  return [...(validator.version === '3.1' ? shape : [`the version is ${validator.version}`]), ...lostRefs(document, document)];
}

// Local references that lead nowhere, outside of data that only looks like a schema.
function lostRefs(value: JsonValue, root: JsonObject): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => lostRefs(item, root));
  if (!isJsonObject(value)) return [];
  const { $ref } = value;
  const own = typeof $ref === 'string' && $ref.startsWith('#/') && targetOf(root, $ref) === undefined ? [$ref] : [];
  const inside = Object.entries(value).filter(([key]) => !DATA.includes(key));
  return [...own, ...inside.flatMap(([, item]) => lostRefs(item, root))];
}

// The validator's own check of references takes properties and data for references, and does not decode pointers.
function withoutRefs(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutRefs);
  if (!isJsonObject(value)) return value;
  const rename = (key: string): string => (/^\$(?:ref|id|anchor|schema|dynamic\w+)$/.test(key) ? `own ${key}` : key);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [rename(key), withoutRefs(item)]));
}
