import { isIP } from 'node:net';
import { isJsonObject, type JsonValue } from '../../../src/core/json/json.ts';

const KEYS: Readonly<Record<string, readonly string[]>> = {
  stdio: ['type', 'command', 'args', 'env', 'cwd'],
  'streamable-http': ['type', 'url', 'headers'],
  sse: ['type', 'url', 'headers'],
};
const CWD = /^(?:\.\/|\$\{PLUGIN_ROOT\}(?:\/|$)|\$\{PLUGIN_DATA\}(?:\/|$))/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Why a server entry violates the standard, as `"key" reason`; undefined if it does not. */
export function serverFault(server: JsonValue): string | undefined {
  if (!isJsonObject(server)) return 'it is not an object';
  const { type } = server;
  const keys = typeof type === 'string' && Object.hasOwn(KEYS, type) ? KEYS[type] : undefined;
  if (!keys) {
    const hint = type === 'http' ? '; write streamable-http' : '';
    return `"type" must be stdio, streamable-http or sse${hint}`;
  }
  const other = Object.keys(server).find((key) => !keys.includes(key));
  if (other !== undefined) return `"${other}" is not a key of a server of type ${String(type)}`;
  return type === 'stdio' ? stdioFault(server) : (urlFault(server.url) ?? headersFault(server.headers));
}

function stdioFault({ command, args, env, cwd }: Readonly<Record<string, JsonValue | undefined>>): string | undefined {
  if (typeof command !== 'string' || command === '') return '"command" is not a text';
  if (/[/\\]/.test(command) && !command.startsWith('./')) return '"command" must be the name of a program or begin with ./';
  if (args !== undefined && !isTexts(args)) return '"args" is not a list of texts';
  if (env !== undefined && !(isJsonObject(env) && isTexts(Object.values(env)))) return '"env" is not an object of texts';
  if (isJsonObject(env) && ('PLUGIN_ROOT' in env || 'PLUGIN_DATA' in env)) return '"env" must not set PLUGIN_ROOT or PLUGIN_DATA';
  if (cwd !== undefined && !(typeof cwd === 'string' && CWD.test(cwd))) return '"cwd" must begin with ./, ${PLUGIN_ROOT} or ${PLUGIN_DATA}';
  return undefined;
}

function urlFault(url: JsonValue | undefined): string | undefined {
  if (typeof url !== 'string' || !URL.canParse(url)) return '"url" is not an absolute address';
  const { protocol, username, password, hash, hostname } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return '"url" must be https or http';
  if (username !== '' || password !== '' || /^[a-z]+:\/\/[^/?#]*@/i.test(url)) return '"url" must not have a user name';
  if (hash !== '' || url.includes('#')) return '"url" must not have a fragment';
  if (protocol === 'http:' && !isLoopback(hostname)) return '"url" must be https: http is for localhost and loopback addresses';
  return undefined;
}

function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, '');
  return plain === 'localhost' || (isIP(plain) === 4 && plain.startsWith('127.')) || plain === '::1';
}

function headersFault(headers: JsonValue | undefined): string | undefined {
  if (headers === undefined) return undefined;
  if (!isJsonObject(headers)) return '"headers" is not an object';
  const names = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) return `"headers" has the name ${JSON.stringify(name)}, which HTTP does not allow`;
    if (typeof value !== 'string' || !HEADER_VALUE.test(value)) return `"headers" has a value of ${name} that HTTP does not allow`;
    if (names.has(name.toLowerCase())) return `"headers" has ${name} twice`;
    names.add(name.toLowerCase());
  }
  return undefined;
}

function isTexts(list: JsonValue): boolean {
  return Array.isArray(list) && list.every((item) => typeof item === 'string');
}
