import type { Tool } from '../../core/contract/tool.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';

// Hosts render a resource with this scheme as a view.
const VIEW = 'ui://';
const OWN = 'plugmux://';
const OWN_VIEW = `${VIEW}plugmux/`;

/** The public form of an address that several plugins share: it includes the plugin id. Views keep their scheme. */
export function qualify(pluginId: string, uri: string): string {
  const id = encodeURIComponent(pluginId);
  return uri.startsWith(VIEW) ? `${OWN_VIEW}${id}/${uri.slice(VIEW.length)}` : `${OWN}${id}/${uri}`;
}

/** A plugin's own address for a public form; undefined if the form belongs to another plugin. */
export function unqualify(pluginId: string, address: string): string | undefined {
  const id = encodeURIComponent(pluginId);
  if (address.startsWith(`${OWN_VIEW}${id}/`)) return VIEW + address.slice(OWN_VIEW.length + id.length + 1);
  return address.startsWith(`${OWN}${id}/`) ? address.slice(OWN.length + id.length + 1) : undefined;
}

/** Whether an address looks like a public form. */
export function looksQualified(address: string): boolean {
  return address.startsWith(OWN) || address.startsWith(OWN_VIEW);
}

/** Addresses of the views that a tool names, under any key of `_meta`. */
export function viewsOf({ meta }: Pick<Tool, 'meta'>): string[] {
  if (meta === undefined) return [];
  const { ui, ...others } = meta;
  const named = [...Object.values(others), ...(isJsonObject(ui) ? Object.values(ui) : [])];
  return named.filter((value): value is string => typeof value === 'string' && value.startsWith(VIEW));
}

/** A copy of a value with addresses renamed; the same value if it contains none of them. */
export function renameIn<T extends JsonValue>(value: T, renamed: ReadonlyMap<string, string>): T {
  return rename(value, renamed) as T;
}

function rename(value: JsonValue, renamed: ReadonlyMap<string, string>): JsonValue {
  if (typeof value === 'string') return renamed.get(value) ?? value;
  if (Array.isArray(value)) {
    const items = value.map((item) => rename(item, renamed));
    return items.every((item, i) => item === value[i]) ? value : items;
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]): [string, JsonValue] => [key, rename(item, renamed)]);
  return entries.every(([key, item]) => item === (value as JsonObject)[key]) ? value : Object.fromEntries(entries);
}
