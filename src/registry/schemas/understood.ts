import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { shorten } from '../../core/text/text.ts';
import { type Survey, survey } from '../check/survey.ts';
import { weaken } from '../check/weaken.ts';
import type { Report } from './inline.ts';
import { mapObject } from './subschemas.ts';
import { ANYTHING } from './types.ts';

/** Above this only the outline of a schema is shown. */
const MAX_SUBSCHEMAS = 2_000;

/**
 * A schema with only valid keywords and local references. A reference to another document becomes an object without
 * constraints. A schema that is too large is reduced to its outline.
 */
export function understood(schema: JsonObject, report: Report): JsonObject {
  // Surveyed as 2019-09, because it accepts tuples in `items`; they are converted later.
  const surveyed = survey(schema, '2019-09');
  if (surveyed.heavy || surveyed.subschemas > MAX_SUBSCHEMAS) {
    report('', 'everything but its outline, because it is too large');
    return outline(schema);
  }
  return surveyed.left.length === 0 && !surveyed.hasDependencies ? schema : weakened(surveyed, report);
}

function weakened(surveyed: Survey, report: Report): JsonObject {
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

// Older dialects have one keyword for both kinds of dependencies.
function splitDependencies({ dependentRequired, dependentSchemas }: JsonObject, dependencies: JsonObject): JsonObject {
  const names = Object.entries(dependencies).filter(([, item]) => Array.isArray(item));
  const schemas = Object.entries(dependencies).filter(([, item]) => !Array.isArray(item));
  return {
    ...(names.length > 0 ? { dependentRequired: { ...Object.fromEntries(names), ...asObject(dependentRequired) } } : {}),
    ...(schemas.length > 0 ? { dependentSchemas: { ...Object.fromEntries(schemas), ...asObject(dependentSchemas) } } : {}),
  };
}

/** The properties of a schema with only their types and descriptions. */
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
