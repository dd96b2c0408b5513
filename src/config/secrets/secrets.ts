import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { PROXY_VARIABLES, withScheme } from '../../core/proxy.ts';
import { namesSecret } from '../../core/secrets/secret-key.ts';
import { isPath, looksSecret, NUMBER } from '../../core/secrets/secret-value.ts';
import { COMMON_KEYS, type ConfigFile } from '../schema.ts';
import { isServerKey, SERVER_KEYS } from '../server-keys.ts';
import type { Filled } from './interpolate.ts';
import { secretsInAddresses, secretsInside, textsOf } from './secret-values.ts';

type PluginFile = NonNullable<ConfigFile['plugins']>[string];

// Keys whose references are paths, names or addresses, not secrets.
const PLAIN_KEYS: ReadonlySet<string> = new Set(['$schema', 'audit', 'limits', 'listen', 'pluginFolders', 'profiles', 'proxy', 'state']);
const PLAIN_ENTRY_KEYS: ReadonlySet<string> = new Set([
  'approval',
  'cwd',
  'enabled',
  'format',
  'group',
  'isolation',
  'path',
  'proxy',
  'type',
]);
const PLAIN_LOGIN_KEYS: ReadonlySet<string> = new Set(['principal', 'profile', 'scopes']);
// Headers with media types, encodings and languages.
const MEDIA = /^(accept|accept-encoding|accept-language|content-type)$/i;
const FLAG = /^--?[A-Za-z]/;
const ENV_FLAG = /^(-e|--env)$/;
const HEADER_FLAG = /^(-H|--headers?)$/;

/**
 * All secret values of a configuration: tokens, credentials, headers, passwords in addresses, and values from an environment or
 * a reference unless they are plain (secret-values.ts).
 */
export function secretsOf(data: ConfigFile, filled: readonly Filled[], dir: string): string[] {
  const secrets = new Secrets(dir);
  for (const { token } of data.auth?.tokens ?? []) secrets.add(token);
  for (const { key, path, value, secret = false } of filled) {
    if (secret) secrets.add(value);
    secrets.addValue([key, String(path.at(-1))], value, isPlain(path));
  }
  for (const plugin of Object.values(data.plugins ?? {})) secrets.addPlugin(plugin);
  for (const key of SERVER_KEYS) secrets.addServers((data[key] ?? {}) as JsonObject);
  for (const [, text] of textsOf(data as unknown as JsonValue)) for (const secret of secretsInAddresses(text)) secrets.found.add(secret);
  return [...secrets.found].filter((secret) => secret !== '');
}

/** User names and passwords in proxy addresses of the file and of the environment. */
export function proxySecrets(data: ConfigFile, env: NodeJS.ProcessEnv): string[] {
  const servers = SERVER_KEYS.flatMap((key) => Object.values(data[key] ?? {}));
  const named = [data.proxy, ...servers.map(({ proxy }) => proxy), ...PROXY_VARIABLES.map((name) => env[name])];
  return named.flatMap((text) => (typeof text === 'string' ? secretsInAddresses(withScheme(text)) : [])).filter((secret) => secret !== '');
}

class Secrets {
  readonly found = new Set<string>();
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  add(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.add(item);
    if (typeof value !== 'string' && typeof value !== 'number') return;
    for (const secret of [String(value), ...secretsInside(String(value))]) this.found.add(secret);
  }

  /** Adds an environment value if one of its keys names a secret, or if it looks like a secret. */
  addValue(keys: readonly string[], value: string, isPlain = false): void {
    // Shells store their working folder in PWD and OLDPWD.
    const isWorkingFolder = keys.some((key) => /^(OLD)?PWD$/.test(key)) && isPath(value, this.#dir);
    if (isWorkingFolder) return;
    if (keys.some(namesSecret)) this.addNamed(value);
    else if (!isPlain && looksSecret(value, this.#dir)) this.add(value);
  }

  /** Adds a value whose key names a secret. The secret part of a webhook address is its path, so that is added too. */
  addNamed(value: unknown): void {
    this.add(value);
    if (typeof value !== 'string' || !/^https?:\/\//.test(value) || !URL.canParse(value)) return;
    const { pathname, search } = new URL(value);
    if (looksSecret(pathname, '/')) this.add(pathname + search);
    for (const segment of pathname.split('/')) if (looksSecret(segment, '/')) this.add(segment);
  }

  addPlugin({ credentials = {}, env = {}, servers = {}, ...entry }: PluginFile): void {
    this.add(Object.values(credentials));
    this.#addEnv(env);
    this.addServers(servers as JsonObject);
    // A setting is a secret only if its key names one and the value cannot be a plain word or sentence.
    const own = Object.entries(entry).filter(([key]) => key === 'settings' || !COMMON_KEYS.has(key));
    for (const [key, value] of textsOf(Object.fromEntries(own) as JsonObject)) {
      if (namesSecret(key) && !/\s/.test(value) && looksSecret(value, this.#dir)) this.add(value);
    }
  }

  // Entries have keys of many clients, so secrets are found by key at any depth.
  addServers(node: JsonValue): void {
    if (Array.isArray(node)) for (const item of node) this.addServers(item);
    if (!isJsonObject(node)) return;
    for (const [key, item] of Object.entries(node)) {
      if (key === 'env' && isJsonObject(item)) this.#addEnv(item);
      else if (/headers$/i.test(key) && isJsonObject(item)) for (const [name, value] of Object.entries(item)) this.#addHeader(name, value);
      else if ((key === 'args' || key === 'command') && Array.isArray(item)) this.#addArguments(item.map(String));
      else if (namesSecret(key) && !isJsonObject(item)) this.addNamed(item);
      else this.addServers(item);
    }
  }

  #addEnv(env: Readonly<Record<string, unknown>>): void {
    for (const [key, value] of Object.entries(env)) this.addValue([key], String(value));
  }

  #addHeader(name: string, value: unknown): void {
    const text = String(value);
    const isPlainValue = (MEDIA.test(name) && text.includes('/')) || (NUMBER.test(text) && text.length < 6 && !namesSecret(name));
    if (isPlainValue) return;
    this.add(value);
    // The part after the scheme is a secret, for any scheme.
    const [, login] = /authorization$/i.test(name) ? (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+ +(\S.*)$/s.exec(text.trim()) ?? []) : [];
    if (login !== undefined) this.add(login);
    if (/^cookie$/i.test(name)) for (const pair of text.split(/; */)) this.add(pair.slice(pair.indexOf('=') + 1));
  }

  // `--api-key x`, `--token=x`, `--header "Authorization: Bearer x"`, `-e NAME=x`.
  #addArguments(words: readonly string[]): void {
    for (const [i, word] of words.entries()) this.#addArgument(words[i - 1] ?? '', word);
  }

  #addArgument(before: string, word: string): void {
    if (FLAG.test(before) && !/[=:]/.test(before) && !FLAG.test(word) && namesSecret(before) && !isPath(word, this.#dir)) this.add(word);
    const [, flag = '', name = '', value] = /^(-{0,2})([A-Za-z_][\w.-]*)(?:=|:\s*)(.+)$/s.exec(word) ?? [];
    if (word.startsWith('{')) this.add(secretsInside(word));
    if (value === undefined) return;
    const long = `--${name}`;
    if (flag !== '' && (ENV_FLAG.test(long) || HEADER_FLAG.test(long))) this.#addArgument(long, value);
    else if (ENV_FLAG.test(before)) this.#addEnv({ [name]: value });
    else if (HEADER_FLAG.test(before)) this.#addHeader(name, value);
    else if (namesSecret(name) && !value.startsWith('//') && !isPath(value, this.#dir)) this.add(value);
  }
}

function isPlain([first, second, third, fourth]: Filled['path']): boolean {
  if (first === 'auth' && second === 'jwt') return true;
  if (first === 'auth') return PLAIN_LOGIN_KEYS.has(String(fourth));
  if (first === 'plugins' || isServerKey(first)) return second !== undefined && PLAIN_ENTRY_KEYS.has(String(third));
  return PLAIN_KEYS.has(String(first));
}
