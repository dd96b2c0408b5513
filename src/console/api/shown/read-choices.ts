import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json/json.ts';

/** One choice that a function of a plugin offers. */
export interface Choice {
  readonly value: string | number | boolean;
  readonly label: string;
  readonly group?: string;
}

/** Far more than a person can look through. */
const MAX_CHOICES = 1_000;

/** Reads choices from what a function returned, by the dotted paths of `x-choices`; undefined if there is no list at them. */
export function readChoices(result: JsonValue, { value, label = value, group }: JsonObject): readonly Choice[] | undefined {
  if (typeof value !== 'string') return undefined;
  const found = listIn(result, value.split('.'));
  if (!found) return undefined;
  const { list, depth } = found;
  // The paths of one declaration lead through the same list.
  const read = (item: JsonValue, path: JsonValue | undefined): JsonValue | undefined =>
    typeof path === 'string' ? at(item, path.split('.').slice(depth)) : undefined;
  return list.slice(0, MAX_CHOICES).flatMap((item): Choice[] => {
    const own = read(item, value);
    if (typeof own !== 'string' && typeof own !== 'number' && typeof own !== 'boolean') return [];
    const [shown, among] = [toText(read(item, label)), toText(read(item, group))];
    return [{ value: own, label: shown ?? String(own), ...(among === undefined ? {} : { group: among }) }];
  });
}

function listIn(result: JsonValue, path: readonly string[]): { list: readonly JsonValue[]; depth: number } | undefined {
  let present: JsonValue | undefined = result;
  for (let depth = 0; ; depth++) {
    if (Array.isArray(present)) return { list: present, depth };
    if (depth >= path.length || !isJsonObject(present)) return undefined;
    present = member(present, path[depth] as string);
  }
}

function at(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((present, key) => (isJsonObject(present) ? member(present, key) : undefined), value);
}

function member(value: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function toText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
