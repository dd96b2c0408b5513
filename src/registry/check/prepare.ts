import { compareDecimals, toDecimal } from '../../core/json/decimal.ts';
import { ExactNumber } from '../../core/json/exact-number.ts';
import { toDouble, toDoubles } from '../../core/json/exact-tree.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import type { Survey } from './survey.ts';
import { weaken } from './weaken.ts';

const COUNTS = ['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'minContains', 'maxContains'];
const KEPT = new Set([...COUNTS, 'pattern', 'uniqueItems', 'required', 'dependentRequired']);
const BOUNDS = new Set(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']);
const PROTO = '__proto__';
/** A double keeps this many decimal digits. */
const SAFE_DIGITS = 15;
/** Up to this many values Ajv compares one by one. */
const FEW = 16;

/** A schema as it is compiled: without parts that cannot be checked and without annotations. */
export interface Prepared {
  readonly schema: JsonObject;
  /** Whether doubles represent all of its numbers exactly. */
  readonly isDouble: boolean;
}

/** `exact`: for arguments with numbers that doubles cannot represent. `counts`: adds a step counter to every subschema. */
export function prepare(surveyed: Survey, exact: boolean, counts: boolean): Prepared {
  let isDouble = true;
  const conditions: JsonValue[] = [];
  const keyword = (key: string, value: JsonValue): readonly [string, JsonValue] | undefined => {
    if (KEPT.has(key)) return [key, toDoubles(value)];
    if (BOUNDS.has(key)) {
      isDouble &&= isDoubleToo(value);
      return exact ? [`x-${key}`, value] : [key, toDouble(value)];
    }
    if (key === 'multipleOf') {
      isDouble &&= isDoubleToo(value);
      return [key, exact ? value : toDouble(value)];
    }
    if (key !== 'enum' && key !== 'const') return undefined;
    const values = key === 'enum' ? (value as JsonValue[]) : [value];
    isDouble &&= values.every((one) => isDoubleToo(one));
    const isPlain = !exact && values.length > 0 && values.length <= FEW && values.every((one) => typeof toDouble(one) !== 'object');
    if (isPlain) return [key, toDoubles(value)];
    // A function, so that Ajv does not traverse the list.
    return ['x-enum', (() => values) as never];
  };
  const schema = weaken(surveyed, {
    instead: true,
    keyword: (schema, key, value) => {
      if (key === 'const' && Array.isArray(schema.enum)) return undefined;
      if (key === 'enum' && schema.const !== undefined) return keyword(key, both(value as JsonValue[], schema.const));
      return key === 'type' ? [key, typeOf(schema)] : keyword(key, value);
    },
    finish(body) {
      if (counts) body['x-step'] = true;
      if (surveyed.hasUnevaluated && body.if !== undefined) spellOut(body, conditions);
      if (isJsonObject(body.properties) && Object.hasOwn(body.properties, PROTO)) moveProto(body, body.properties);
      return body;
    },
  });
  if (conditions.length > 0) {
    const defs = conditions.map((condition, i) => [`if_${i}`, condition] as const);
    schema.$defs = { ...asObject(schema.$defs), ...Object.fromEntries(defs) };
  }
  return { schema, isDouble };
}

// Ajv counts properties that `if` has evaluated even if the condition fails.
function spellOut(body: JsonObject, conditions: JsonValue[]): void {
  const condition = { $ref: `#/$defs/if_${conditions.push(body.if as JsonValue) - 1}` };
  const choice = {
    anyOf: [{ allOf: [condition, body.then ?? true] }, { allOf: [{ not: condition }, body.else ?? true] }],
  };
  body.allOf = [...(Array.isArray(body.allOf) ? body.allOf : []), choice];
  for (const key of ['if', 'then', 'else']) delete body[key];
}

// Ajv skips a property of this name.
function moveProto(body: JsonObject, properties: JsonObject): void {
  const rest = Object.entries(properties).filter(([name]) => name !== PROTO);
  const proto = Object.getOwnPropertyDescriptor(properties, PROTO)?.value as JsonValue;
  body.properties = Object.fromEntries(rest);
  body.patternProperties = { ...asObject(body.patternProperties), [`^${PROTO}$`]: proto };
}

function both(values: JsonValue[], only: JsonValue): JsonValue[] {
  const text = JSON.stringify(only);
  return values.some((value) => JSON.stringify(value) === text) ? [only] : [];
}

// `nullable` comes from OpenAPI.
function typeOf({ type, nullable }: JsonObject): JsonValue {
  const types = [...new Set([type].flat())] as JsonValue[];
  if (nullable === true && !types.includes('null')) types.push('null');
  return types.length === 1 ? (types[0] as JsonValue) : types;
}

/** Whether doubles represent all numbers of a value exactly. */
export function isDoubleToo(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (value instanceof ExactNumber) {
    if (value.text.length <= SAFE_DIGITS && !/e/i.test(value.text)) return true;
    const double = value.value;
    return Number.isFinite(double) && compareDecimals(toDecimal(value), toDecimal(double)) === 0;
  }
  return Object.values(value).every(isDoubleToo);
}
