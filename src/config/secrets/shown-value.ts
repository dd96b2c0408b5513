import { isJsonObject, type JsonValue } from '../../core/json/json.ts';
import { isServerKey } from '../server-keys.ts';

type Path = readonly (string | number)[];

// Keys that contain no secrets.
const OPEN_KEYS: ReadonlySet<string> = new Set(['limits', 'listen', 'pluginFolders', 'profiles', 'state', 'audit']);
const OPEN_ENTRY_KEYS: ReadonlySet<string> = new Set(
  'format enabled disabled approval hints limits validate schemas fence isolation group type'.split(' '),
);

/** Stands in a message for a text that is not shown. */
export const HIDDEN_TEXT = 'a string';

/**
 * A value for an error message. A text is quoted only below a key without secrets, and only if it is written in the file itself.
 * Otherwise only the type is shown.
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

/** The minimum length of a token. */
const MIN_TOKEN_LENGTH = 16;

/** Whether a message may show a key. An unknown key, especially below "auth", may be a misplaced token. */
export function mayShowKey([first]: Path, key: string): boolean {
  return first === 'auth' ? /^[A-Za-z_]{1,20}$/.test(key) : key.length < MIN_TOKEN_LENGTH || !/\d/.test(key);
}

function isOpen([first, , third]: Path): boolean {
  if (first === 'plugins' || isServerKey(first)) return OPEN_ENTRY_KEYS.has(String(third));
  return OPEN_KEYS.has(String(first));
}
