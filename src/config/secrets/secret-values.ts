import { isJsonObject, type JsonValue } from '../../core/json/json.ts';
import { namesSecret } from '../../core/secrets/secret-key.ts';
import { looksSecret } from '../../core/secrets/secret-value.ts';

/** Passwords and query secrets of the addresses in a text, as written and decoded. */
export function secretsInAddresses(text: string): string[] {
  return [...text.matchAll(/[a-z][a-z0-9+.-]{0,64}:\/\/([^\s"'<>]+)/gi)]
    .flatMap(([, rest = '']) => [...loginOf(rest), ...assignments(rest.replace(/^[^?#]*/, ''))])
    .flatMap((found) => [found, decoded(found)]);
}

/** The secrets within a secret text: in addresses, connection strings, headers and JSON. */
export function secretsInside(text: string): string[] {
  // The form of Go's MySQL driver: user:password@tcp(host:3306)/name.
  const [, login] = /^[^\s:/@]+:([^\s/@][^\s@]*)@[\w.([-]/.exec(text) ?? [];
  const found = [...secretsInAddresses(text), ...assignments(text), ...schemeless(text), ...secretsInJson(text)];
  return login === undefined ? found : [...found, login, decoded(login)];
}

// `rest` is an address without its scheme.
function loginOf(rest: string): string[] {
  const authority = rest.split(/[/?#]/, 1)[0] as string;
  // Some programs accept an unescaped slash in passwords.
  const isSloppy = !authority.includes('@') && rest.includes('@') && /^[^:]*:(?!\d+$)/.test(authority);
  const whole = isSloppy ? rest : authority;
  const end = whole.lastIndexOf('@');
  if (end < 0) return [];
  const login = whole.slice(0, end);
  const colon = login.indexOf(':');
  if (colon >= 0) return [login.slice(colon + 1)];
  // A login without a password is a user name or a token.
  return looksSecret(login, '/') ? [login] : [];
}

// `key=value` and `key: value`, as in connection strings, queries, options and headers.
function assignments(text: string): string[] {
  const pattern = /(?:^|[\s;,&?#{"'-])([A-Za-z_][\w.-]{0,64})["']?\s?[=:]\s{0,4}(?:"([^"]+)"|'([^']+)'|([^\s;,&"'}]+))/g;
  const found = [...text.matchAll(pattern)].filter(([, key = '']) => namesSecret(key));
  return found.flatMap(([, , one, two, three = '']) => [one ?? two ?? three, ...schemeless(one ?? two ?? '')]);
}

const SCHEME = /^(apikey|api-key|basic|bearer|bot|digest|key|negotiate|oauth|ssws|token) +(\S.*)$/is;

// The value after a scheme such as `Bearer`, and the password of `Basic`.
function schemeless(value: string): string[] {
  const [, scheme = '', rest] = SCHEME.exec(value.trim()) ?? [];
  if (rest === undefined) return [];
  if (scheme.toLowerCase() !== 'basic') return [rest];
  const login = Buffer.from(rest, 'base64').toString();
  const colon = login.indexOf(':');
  return colon < 0 ? [rest] : [rest, login, login.slice(colon + 1)];
}

function secretsInJson(text: string): string[] {
  if (!/^\s*[{[]/.test(text)) return [];
  try {
    return [...textsOf(JSON.parse(text) as JsonValue)].flatMap(([key, value]) => (namesSecret(key) ? [value] : secretsInAddresses(value)));
  } catch {
    return [];
  }
}

/** The texts and numbers of a value at any depth, each with its key. */
export function* textsOf(node: JsonValue, key = ''): Generator<[string, string]> {
  if (typeof node === 'string' || typeof node === 'number') yield [key, String(node)];
  else if (Array.isArray(node)) for (const item of node) yield* textsOf(item, key);
  else if (isJsonObject(node)) for (const [name, item] of Object.entries(node)) yield* textsOf(item, name);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
