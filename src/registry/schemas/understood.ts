import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { shorten } from '../../core/text/text.ts';
import { type Survey, survey } from '../check/survey.ts';
import { weaken } from '../check/weaken.ts';
import type { Report } from './inline.ts';
import { mapObject } from './subschemas.ts';
import { ANYTHING } from './types.ts';

/** With more subschemas, or more steps from reference to reference, only the outline of a schema is told. */
const MAX_SUBSCHEMAS = 2_000;

/**
 * A schema of parts that every reader understands: keywords of the right kind, references that lead somewhere. A part that
 * leads away becomes an object without constraints. Of a schema that is too large only the outline is left.
 */
export function understood(schema: JsonObject, report: Report): JsonObject {
  // Lists of item schemas are read in every dialect: what they say becomes something else anyway.
  const surveyed = survey(schema, '2019-09');
  if (surveyed.heavy || surveyed.subschemas > MAX_SUBSCHEMAS) {
    report('', 'all but its outline, since it is too large');
    return outline(schema);
  }
  return surveyed.left.length === 0 && !surveyed.hasDependencies ? schema : mended(surveyed, report);
}

function mended(surveyed: Survey, report: Report): JsonObject {
  for (const part of surveyed.left) report('', shorten(part, 300));
  return weaken(surveyed, {
    instead: { type: 'object' },
    keyword: (_, key, value) => (LEADING.has(key) ? undefined : [key, value]),
    finish(body) {
      if (isJsonObject(body.dependencies)) Object.assign(body, splitDependencies(body, body.dependencies));
      delete body.dependencies;
      return body;
    },
  });
}

const LEADING = new Set(['$anchor', '$dynamicAnchor', '$recursiveAnchor', '$dynamicRef', '$recursiveRef']);

// One keyword for both kinds is what older dialects have.
function splitDependencies({ dependentRequired, dependentSchemas }: JsonObject, dependencies: JsonObject): JsonObject {
  const names = Object.entries(dependencies).filter(([, item]) => Array.isArray(item));
  const schemas = Object.entries(dependencies).filter(([, item]) => !Array.isArray(item));
  return {
    ...(names.length > 0 ? { dependentRequired: { ...Object.fromEntries(names), ...asObject(dependentRequired) } } : {}),
    ...(schemas.length > 0 ? { dependentSchemas: { ...Object.fromEntries(schemas), ...asObject(dependentSchemas) } } : {}),
  };
}

/** The properties of a schema, with no more than their types and descriptions. */
function outline({ description, properties, required }: JsonObject): JsonObject {
  const known = asObject(properties);
  return {
    type: 'object',
    ...(typeof description === 'string' ? { description } : {}),
    properties: mapObject(known, (_, item) => outlineOf(item)),
    ...(Array.isArray(required) ? { required: required.filter((name) => typeof name === 'string' && Object.hasOwn(known, name)) } : {}),
  };
}

function outlineOf(schema: JsonValue): JsonValue {
  if (!isJsonObject(schema)) return { anyOf: [...ANYTHING] };
  const { description, type } = schema;
  const isKnown = typeof type === 'string' && TYPES.has(type) && schema.$ref === undefined && schema.nullable === undefined;
  return { ...(typeof description === 'string' ? { description } : {}), ...(isKnown ? { type } : { anyOf: [...ANYTHING] }) };
}

const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array']);
