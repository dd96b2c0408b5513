import { isJsonObject, type JsonObject, type JsonValue } from '../core/json/json.ts';
import { mapObject, mapSubschemas, STORED_MAP } from '../registry/schemas/subschemas.ts';

/**
 * A schema that becomes part of a larger document, with its local references rewritten: `#/$defs/x` becomes `<place>/$defs/x`.
 * A subschema with an `$id` is a resource of its own and stays as it is.
 */
export function rebaseRefs(schema: JsonObject, place: string): JsonObject {
  return rebase(schema) as JsonObject;

  function rebase(value: JsonValue): JsonValue {
    if (!isJsonObject(value) || typeof value.$id === 'string') return value;
    const mapped = mapSubschemas(value, '', rebase);
    for (const key of [...STORED_MAP, 'dependencies']) {
      const stored = mapped[key];
      if (isJsonObject(stored)) mapped[key] = mapObject(stored, (_, item) => rebase(item));
    }
    const { $ref } = mapped;
    // `#name` is an anchor, which the whole document shares.
    if (typeof $ref === 'string' && /^#(?:\/|$)/.test($ref)) mapped.$ref = `${place}${$ref.slice(1)}`;
    return mapped;
  }
}
