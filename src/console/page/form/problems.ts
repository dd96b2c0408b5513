import type { Json, JsonMap } from '../../api/types.ts';
import { choicesOf, isMap, kindOf, propertiesOf, requiredOf, resolve, variantsOf } from './schema.ts';

/** Messages by place, a place being the names joined by `/`. */
export type Problems = ReadonlyMap<string, string>;

const join = (place: string, name: string | number): string => (place === '' ? String(name) : `${place}/${name}`);

/** What is wrong with a value, as far as a form can tell; the gateway checks the rest. */
export function problemsOf(value: Json | undefined, schema: Json | undefined, root: JsonMap, required = true, place = ''): Problems {
  const own = resolve(schema, root);
  const fault = faultOf(value, own, required);
  if (fault !== undefined) return new Map([[place, fault]]);
  if (value === undefined) return new Map();
  return new Map(inside(value, own, root, place));
}

function* inside(value: Json, own: JsonMap, root: JsonMap, place: string): Iterable<[string, string]> {
  const kind = kindOf(own);
  if (kind === 'list' && Array.isArray(value)) {
    for (const [i, item] of (value as readonly Json[]).entries()) yield* problemsOf(item, own.items, root, true, join(place, i));
  } else if (kind === 'group' && isMap(value)) {
    for (const [name, part] of propertiesOf(own))
      yield* problemsOf(value[name], part, root, requiredOf(own).includes(name), join(place, name));
  } else if (kind === 'union') {
    const all = variantsOf(own, root).map((variant) => problemsOf(value, variant.schema, root, true, place));
    if (all.every((problems) => problems.size > 0)) yield* all.reduce((best, next) => (next.size < best.size ? next : best));
  }
}

function faultOf(value: Json | undefined, own: JsonMap, required: boolean): string | undefined {
  if (value === undefined) return required ? 'is required' : undefined;
  switch (kindOf(own)) {
    case 'choice':
      return choicesOf(own).some((choice) => JSON.stringify(choice.value) === JSON.stringify(value)) ? undefined : 'is none of the choices';
    case 'text':
      return typeof value === 'string' ? ofText(value, own) : 'must be a text';
    case 'number':
      return typeof value === 'number' ? ofNumber(value, own) : 'must be a number';
    case 'yes-no':
      return typeof value === 'boolean' ? undefined : 'must be yes or no';
    case 'list':
      return Array.isArray(value) ? ofList(value as readonly Json[], own) : 'must be a list';
    case 'group':
      return isMap(value) ? undefined : 'must be a group of values';
    default:
      return undefined;
  }
}

const is = (limit: Json | undefined): limit is number => typeof limit === 'number';

function ofText(value: string, { minLength, maxLength }: JsonMap): string | undefined {
  const { length } = [...value];
  if (is(minLength) && length < minLength) return `must have at least ${minLength} characters`;
  if (is(maxLength) && length > maxLength) return `must have at most ${maxLength} characters, not ${length}`;
  return undefined;
}

function ofNumber(value: number, { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonMap): string | undefined {
  if (type === 'integer' && !Number.isInteger(value)) return 'must be a whole number';
  if (is(minimum) && value < minimum) return `must be at least ${minimum}`;
  if (is(maximum) && value > maximum) return `must be at most ${maximum}`;
  if (is(exclusiveMinimum) && value <= exclusiveMinimum) return `must be above ${exclusiveMinimum}`;
  if (is(exclusiveMaximum) && value >= exclusiveMaximum) return `must be below ${exclusiveMaximum}`;
  return undefined;
}

function ofList({ length }: readonly Json[], { minItems, maxItems }: JsonMap): string | undefined {
  if (is(minItems) && length < minItems) return `must have at least ${minItems} items`;
  if (is(maxItems) && length > maxItems) return `must have at most ${maxItems} items`;
  return undefined;
}

/** The gateway's messages, whose places may be JSON pointers, for the places of a form. */
export const fromGateway = (fields: { readonly [field: string]: string }): Problems =>
  new Map(Object.entries(fields).map(([field, message]) => [field.replace(/^\//, ''), message]));
