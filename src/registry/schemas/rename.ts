import { holdsExact, noteExact } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import type { Report } from './inline.ts';
import { SAFE_KEY } from './is-portable.ts';

/** A schema whose top-level keys every client accepts, and the plugin's own key by new key. */
export interface Renamed {
  readonly schema: JsonObject;
  readonly natives: ReadonlyMap<string, string>;
}

/** Renames top-level keys because of which some clients reject the whole request. The description keeps the old name. */
export function renameKeys(schema: JsonObject, report: Report): Renamed {
  const properties = schema.properties as JsonObject;
  const names = Object.keys(properties);
  if (names.every((name) => SAFE_KEY.test(name))) return { schema, natives: new Map() };
  const taken = new Set(names.filter((name) => SAFE_KEY.test(name)));
  const renamed = new Map<string, string>();
  for (const name of names) {
    if (SAFE_KEY.test(name)) continue;
    const safe = freeName(name.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 60) || '_', taken);
    taken.add(safe);
    renamed.set(name, safe);
    report(safe, `renamed from ${JSON.stringify(name)}`);
  }
  const rename = (name: string): string => renamed.get(name) ?? name;
  const entries = Object.entries(properties).map(([name, item]) => {
    if (!renamed.has(name) || !isJsonObject(item)) return [rename(name), item] as const;
    const own = typeof item.description === 'string' ? `${item.description} ` : '';
    // The portable form allows no keywords beside a reference.
    const bare = '$ref' in item ? { anyOf: [item] } : item;
    return [rename(name), { ...bare, description: `${own}(${JSON.stringify(name)})` }] as const;
  });
  const { required, dependentRequired, propertyNames, patternProperties, additionalProperties, ...rest } = schema;
  // Rules about names do not apply to the new names.
  const others = patternProperties === undefined ? { additionalProperties } : {};
  if (patternProperties !== undefined || propertyNames !== undefined) report('', 'rules about the names of arguments');
  return {
    schema: {
      ...rest,
      ...(others.additionalProperties === undefined ? {} : others),
      properties: Object.fromEntries(entries),
      ...(Array.isArray(required) ? { required: required.map((name) => rename(String(name))) } : {}),
      ...(isJsonObject(dependentRequired)
        ? {
            dependentRequired: Object.fromEntries(
              Object.entries(dependentRequired).map(([name, needs]) => [rename(name), (needs as string[]).map(rename)]),
            ),
          }
        : {}),
    },
    natives: new Map([...renamed].map(([native, safe]) => [safe, native])),
  };
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let i = 2; taken.has(name); i++) name = `${wanted}_${i}`;
  return name;
}

/** Renames arguments back to their native names. Arguments that already have theirs stay. */
export function restoreKeys(args: JsonObject, natives: ReadonlyMap<string, string>): JsonObject {
  if (!Object.keys(args).some((name) => natives.has(name))) return args;
  const restored = Object.fromEntries(Object.entries(args).map(([name, value]) => [natives.get(name) ?? name, value]));
  return holdsExact(args) ? noteExact(restored) : restored;
}
