import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Problem } from '../../src/core/contract/plugin.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import type { ProxySetting } from '../../src/core/proxy.ts';
import { toTimer } from '../../src/core/timer.ts';
import { type LoginSettings, loginProblems, readLogin } from './oauth/settings.ts';

/** A server that the gateway starts as a process and reaches over stdin and stdout. */
export interface LocalServer {
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Puts its files in their place before it starts. */
  readonly prepare?: (signal: AbortSignal) => Promise<void>;
  /** The id of the plugin, once it is opened. */
  readonly plugin?: string;
  /** Replaces the top-level `proxy`. */
  readonly proxy: ProxySetting;
}

/** A server at a URL. `any`: Streamable HTTP, or HTTP+SSE if the server rejects that. */
export interface RemoteServer {
  readonly kind: 'any' | 'http' | 'sse' | 'ws';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly login: LoginSettings | undefined;
  /** Replaces the top-level `proxy`. */
  readonly proxy: ProxySetting;
}

/** An entry of `mcpServers`, normalized from the keys of all supported clients. */
export interface ServerEntry {
  readonly server: LocalServer | RemoteServer;
  /** Native names of tools that run without approval; `*` for all. */
  readonly trusted: readonly string[];
  readonly include: readonly string[] | undefined;
  readonly exclude: readonly string[];
  /** Native names or globs of tools that need an approval. */
  readonly asked: readonly string[];
  readonly timeoutMs: number | undefined;
  /** Protocol era set by the operator. Undefined: the gateway detects it. */
  readonly era: 'legacy' | undefined;
  readonly problems: readonly Problem[];
}

const TYPES: Readonly<Record<string, RemoteServer['kind'] | 'stdio'>> = {
  stdio: 'stdio',
  local: 'stdio',
  http: 'http',
  'streamable-http': 'http',
  streamable_http: 'http',
  streamablehttp: 'http',
  sse: 'sse',
  ws: 'ws',
  websocket: 'ws',
  remote: 'any',
};

/** Keys that the adapter, the rest of the gateway or only another client's UI reads. */
const KNOWN = new Set(
  'era command args env envFile cwd type transport url httpUrl serverUrl headers proxy timeout autoApprove alwaysAllow trust includeTools excludeTools disabledTools askTools oauth enabled disabled approval limits validate names schemas fence description name title icon iconPath gallery version dev note notes'.split(
    ' ',
  ),
);

/** Reads an entry. Returns undefined if it has neither a command nor a URL. Throws CONFIG_INVALID if it cannot be used. */
export function readEntry(raw: JsonObject, dir: string, place?: (...keys: string[]) => string): ServerEntry | undefined {
  const url = raw.url ?? raw.httpUrl ?? raw.serverUrl;
  if (raw.command === undefined && url === undefined) return undefined;
  const type = typeOf(raw);
  const server = raw.command !== undefined && (type === undefined || type === 'stdio') ? toLocal(raw, dir) : toRemote(raw, url, type);
  return {
    server,
    trusted: raw.trust === true ? ['*'] : [...texts(raw.autoApprove), ...texts(raw.alwaysAllow)],
    include: raw.includeTools === undefined ? undefined : texts(raw.includeTools),
    asked: texts(raw.askTools),
    exclude: [...texts(raw.excludeTools), ...texts(raw.disabledTools)],
    timeoutMs: toMilliseconds(raw.timeout),
    era: raw.era === 'legacy' ? 'legacy' : undefined,
    problems: [
      ...Object.keys(raw)
        .filter((key) => !KNOWN.has(key))
        .map((key) => ({ subject: key, message: `The key "${key}" is unknown and is ignored.` })),
      ...loginProblems(raw.oauth),
    ].map((problem) => (place ? { ...problem, message: `${place(...(problem.subject ?? '').split('.'))}: ${problem.message}` } : problem)),
  };
}

function typeOf({ type, transport }: JsonObject): RemoteServer['kind'] | 'stdio' | undefined {
  const named = typeof type === 'string' ? type : transport;
  if (named === undefined) return undefined;
  const known = typeof named === 'string' ? TYPES[named.toLowerCase()] : undefined;
  if (known === undefined) throw invalid(`"type" is ${JSON.stringify(named)}`, 'Use stdio, http, sse or ws.');
  return known;
}

function toLocal({ command, args, env, cwd, proxy }: JsonObject, dir: string): LocalServer {
  const [program, ...first] = Array.isArray(command) ? command : [command];
  if (typeof program !== 'string' || program === '') throw invalid('"command" is not a string', 'Name the program to start.');
  const path = (text: string): string => resolve(dir, text.replace(/^~(?=[/\\]|$)/, homedir()));
  return {
    kind: 'stdio',
    command: program.replace(/^~(?=[/\\])/, homedir()),
    args: [...texts(first), ...texts(args)],
    env: scalars(env),
    cwd: typeof cwd === 'string' && cwd !== '' ? path(cwd) : dir,
    proxy: toProxySetting(proxy),
  };
}

function toRemote(raw: JsonObject, address: JsonValue | undefined, type: RemoteServer['kind'] | 'stdio' | undefined): RemoteServer {
  const text = typeof address === 'string' ? address : '';
  if (!URL.canParse(text)) throw invalid(`"url" is not a URL: ${JSON.stringify(address ?? null)}`, 'Write it like https://host/mcp.');
  const url = new URL(text);
  const socket = url.protocol === 'ws:' || url.protocol === 'wss:';
  if (!socket && url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalid(`"url" has the scheme ${url.protocol}`, 'Use https, http, wss or ws.');
  if (type === 'stdio') throw invalid('"type" is stdio, but the entry has a URL', 'Remove "type" or the URL.');
  if (url.username !== '' || url.password !== '') throw invalid('"url" contains a user name or password', 'Send credentials in "headers".');
  const kind = socket ? 'ws' : (type ?? (raw.httpUrl !== undefined ? 'http' : 'any'));
  if (kind === 'ws' && !socket) url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const login = isJsonObject(raw.oauth) ? readLogin(raw.oauth) : undefined;
  return { kind, url, headers: scalars(raw.headers), login, proxy: toProxySetting(raw.proxy) };
}

function toProxySetting(value: JsonValue | undefined): ProxySetting {
  return typeof value === 'string' || value === false ? value : undefined;
}

/** Display name of a server: its command line, or its URL without the query. */
export function nameOf({ server }: ServerEntry): string {
  return server.kind === 'stdio' ? [server.command, ...server.args].join(' ') : server.url.origin + server.url.pathname;
}

/** Whether `headers` contain a token. It takes precedence over stored logins. */
export function hasToken({ headers }: RemoteServer): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
}

// Some clients use seconds, others milliseconds. Values below 1000 are seconds, since no one sets a limit below one second.
function toMilliseconds(timeout: JsonValue | undefined): number | undefined {
  if (typeof timeout !== 'number' || !(timeout > 0)) return undefined;
  return toTimer(timeout < 1000 ? timeout * 1000 : timeout);
}

function texts(value: JsonValue | readonly (JsonValue | undefined)[] | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function scalars(value: JsonValue | undefined): Record<string, string> {
  if (!isJsonObject(value)) return {};
  const kept = Object.entries(value).filter(([, item]) => ['string', 'number', 'boolean'].includes(typeof item));
  return Object.fromEntries(kept.map(([key, item]) => [key, String(item)]));
}

function invalid(what: string, fix: string): GatewayError {
  return new GatewayError('CONFIG_INVALID', `The entry cannot be used: ${what}.`, { fix });
}
