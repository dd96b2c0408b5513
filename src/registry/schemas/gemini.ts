import { toJsonText } from '../../core/json/exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { shorten } from '../../core/text/text.ts';
import { conjoin } from './conjoin.ts';
import type { Report } from './inline.ts';
import { mapObject } from './subschemas.ts';

const KEPT = new Set([
  'type',
  'title',
  'description',
  'nullable',
  'required',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'pattern',
  'minimum',
  'maximum',
  'minProperties',
  'maxProperties',
]);
const FORMATS = new Set(['date-time', 'enum', 'int32', 'int64', 'float', 'double']);
/** Keywords that become text in the description, because Gemini does not support them. */
const DESCRIBED = new Set(['exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'uniqueItems', 'format', 'default', 'const', 'enum']);
/** Dropped without a note: they only allow more or are annotations. */
const SILENT = new Set(['additionalProperties', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'x-mcp-header', '$defs']);

/** A portable schema in the subset that Gemini accepts: no defaults, constants or additional properties; choices only as `anyOf`. */
export function toGemini(schema: JsonObject, report: Report): JsonObject {
  return convert(schema, '', report);
}

function convert(schema: JsonValue, at: string, report: Report): JsonObject {
  if (!isJsonObject(schema)) return { type: 'string' };
  if (typeof schema.$ref === 'string') {
    report(at, 'a recursive part, shown as an object');
    return { type: 'object', description: `recursive: like the enclosing ${schema.$ref.slice('#/$defs/'.length)}` };
  }
  const kept: JsonObject = {};
  const notes: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (KEPT.has(key)) kept[key] = value;
    else if (key === 'items') kept.items = convert(value, `${at}[]`, report);
    else if (key === 'properties' && isJsonObject(value))
      kept.properties = mapObject(value, (name, item) => convert(item, `${at}.${name}`, report));
    else if (isTextEnum(schema, key)) kept.enum = key === 'const' ? [value] : value;
    else if (key === 'format' && FORMATS.has(String(value))) kept.format = value;
    else if (DESCRIBED.has(key)) notes.push(`${key}: ${shorten(toJsonText(value), 200)}`);
    else if (key !== 'anyOf' && key !== 'oneOf' && !SILENT.has(key)) report(at, `"${key}"`);
  }
  const text = [kept.description, notes.length > 0 ? `(${notes.join('; ')})` : undefined].filter((part) => part !== undefined).join(' ');
  if (text !== '') kept.description = text;
  if (kept.type === 'null') return { ...kept, type: 'string', nullable: true };
  return addChoice(kept, schema, at, report);
}

// Gemini accepts only strings in enumerations.
function isTextEnum(schema: JsonObject, key: string): boolean {
  const value = schema[key];
  if (key === 'const') return typeof value === 'string';
  return key === 'enum' && Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function addChoice(kept: JsonObject, { anyOf, oneOf }: JsonObject, at: string, report: Report): JsonObject {
  const choices = [anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  if (choices.length === 0) return { type: 'string', ...kept };
  const real = choices.filter((choice) => !isJsonObject(choice) || choice.type !== 'null').map((choice) => convert(choice, at, report));
  const nullable: JsonObject = real.length < choices.length ? { nullable: true } : {};
  const lost = (keyword: string): void => report(at, `only one of two "${keyword}" rules is kept`);
  if (real.length === 1) return { ...conjoin(real[0] as JsonObject, kept, lost), ...nullable };
  return { ...kept, ...nullable, anyOf: real };
}
