import { isJsonObject, type JsonValue } from '../../core/json/json.ts';
import { isServerKey } from '../server-keys.ts';

type Path = readonly (string | number)[];

// Below these keys stands nothing that could be a secret.
const OPEN_KEYS: ReadonlySet<string> = new Set(['limits', 'listen', 'pluginFolders', 'profiles', 'state', 'audit']);
const OPEN_ENTRY_KEYS: ReadonlySet<string> = new Set(
  'format enabled disabled approval hints limits validate schemas fence isolation group type'.split(' '),
);

/** How a message names a text that it does not show. */
export const HIDDEN_TEXT = 'a text';

/**
 * A value as a message can show it. A text is quoted only at a place that takes no secrets, and only as the file itself
 * spells it: what comes from the environment, from another file or holds a login is named by its kind.
 */
export function showValue(path: Path, value: JsonValue | undefined, written: JsonValue | undefined): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (isJsonObject(value)) return 'an object';
  const kind = typeof value === 'string' ? HIDDEN_TEXT : `a ${typeof value}`;
  if (!isOpen(path) || typeof value !== typeof written || value !== written) return kind;
  if (typeof value === 'string' && value.includes('@')) return kind;
  const text = JSON.stringify(value);
  return text.length > 40 ? `a ${typeof value} of ${text.length} characters` : text;
}

/** As long as tokens have to be. */
const MIN_TOKEN_LENGTH = 16;

/** Whether a message can name a key: an unknown one, below "auth" above all, may be a token that slipped into its place. */
export function mayShowKey([first]: Path, key: string): boolean {
  return first === 'auth' ? /^[A-Za-z_]{1,20}$/.test(key) : key.length < MIN_TOKEN_LENGTH || !/\d/.test(key);
}

function isOpen([first, , third]: Path): boolean {
  if (first === 'plugins' || isServerKey(first)) return OPEN_ENTRY_KEYS.has(String(third));
  return OPEN_KEYS.has(String(first));
}
