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
/** What the model is told in words, since the form has no word for it. */
const TOLD = new Set(['exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'uniqueItems', 'format', 'default', 'const', 'enum']);
/** Left out without a word: they only tell what else may be there. */
const SILENT = new Set(['additionalProperties', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'x-mcp-header', '$defs']);

/** A portable schema in the subset that Gemini takes: no defaults, constants or further properties, choices by `anyOf` alone. */
export function toGemini(schema: JsonObject, report: Report): JsonObject {
  return convert(schema, '', report);
}

function convert(schema: JsonValue, at: string, report: Report): JsonObject {
  if (!isJsonObject(schema)) return { type: 'string' };
  if (typeof schema.$ref === 'string') {
    report(at, 'a recursive part, told as an object');
    return { type: 'object', description: `like ${schema.$ref.slice('#/$defs/'.length)}, in which it stands` };
  }
  const kept: JsonObject = {};
  const told: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (KEPT.has(key)) kept[key] = value;
    else if (key === 'items') kept.items = convert(value, `${at}[]`, report);
    else if (key === 'properties' && isJsonObject(value))
      kept.properties = mapObject(value, (name, item) => convert(item, `${at}.${name}`, report));
    else if (isTextEnum(schema, key)) kept.enum = key === 'const' ? [value] : value;
    else if (key === 'format' && FORMATS.has(String(value))) kept.format = value;
    else if (TOLD.has(key)) told.push(`${key}: ${shorten(toJsonText(value), 200)}`);
    else if (key !== 'anyOf' && key !== 'oneOf' && !SILENT.has(key)) report(at, `"${key}"`);
  }
  const spoken = [kept.description, told.length > 0 ? `(${told.join('; ')})` : undefined].filter((part) => part !== undefined).join(' ');
  if (spoken !== '') kept.description = spoken;
  if (kept.type === 'null') return { ...kept, type: 'string', nullable: true };
  return addChoice(kept, schema, at, report);
}

// Gemini's enumerations are texts.
function isTextEnum(schema: JsonObject, key: string): boolean {
  return (key === 'const' || key === 'enum') && [schema[key]].flat().every((value) => typeof value === 'string');
}

function addChoice(kept: JsonObject, { anyOf, oneOf }: JsonObject, at: string, report: Report): JsonObject {
  const choices = [anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  if (choices.length === 0) return { type: 'string', ...kept };
  const real = choices.filter((choice) => !isJsonObject(choice) || choice.type !== 'null').map((choice) => convert(choice, at, report));
  const nullable: JsonObject = real.length < choices.length ? { nullable: true } : {};
  const lost = (keyword: string): void => report(at, `of two rules for "${keyword}" only one is told`);
  if (real.length === 1) return { ...conjoin(real[0] as JsonObject, kept, lost), ...nullable };
  return { ...kept, ...nullable, anyOf: real };
}
