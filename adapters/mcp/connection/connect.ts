import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../../src/core/contract/host.ts';
import type { ErrorCode } from '../../../src/core/error-codes.ts';
import { GatewayError, toError } from '../../../src/core/errors.ts';
import type { Logger } from '../../../src/core/log.ts';
import { createRoute } from '../../../src/host/network/proxy.ts';
import { proxyFault, refusalOf, unreachable } from '../../../src/host/network/unreachable.ts';
import type { Checks } from '../dropped.ts';
import type { LocalServer, RemoteServer, ServerEntry } from '../entry.ts';
import { loginNeeded } from '../oauth/needed.ts';
import { causeOf, fixOf, statusOf } from './failures.ts';
import { openRemote, type ServerConnection, StdioConnection } from './server-connection.ts';
import { UpstreamSession } from './session.ts';

/** Arguments of `connect` besides the entry. */
export interface Connecting {
  /** The server's id. */
  readonly id: string;
  readonly host: Host;
  readonly log: Logger;
  /** Limit of a request outside a call, and of the handshake with a remote server. */
  readonly timeoutMs: number;
  /** Limit for the first response of a server process. */
  readonly capMs: number;
  readonly signal: AbortSignal;
  readonly checks: Checks;
}

/** One way to connect, such as a transport or an era. */
interface ConnectStrategy {
  readonly open: () => Promise<ServerConnection>;
  readonly era: 'legacy' | undefined;
  /** Whether to try the next strategy after this failure. */
  readonly next: (error: Error, connection: ServerConnection) => boolean;
}

/** Limit of the era probe. A server process that does not respond to it is of the legacy era. */
const PROBE_MS = 10_000;

/** Index of the strategy that worked last; it is tried first. */
export interface LastStrategy {
  strategy?: number;
}

/** Connects with the strategy that worked last, or with each in turn. Rejects with a GatewayError that has a fix. */
export async function connect(entry: ServerEntry, parts: Connecting, last: LastStrategy): Promise<UpstreamSession> {
  const strategies = strategiesFor(entry, parts);
  for (let at = last.strategy ?? 0; ; at++) {
    const strategy = strategies[at] as ConnectStrategy;
    const { host, log, timeoutMs, capMs, signal, checks } = parts;
    const connection = await strategy.open();
    // The SDK ends its era probe only when the connection closes.
    const giveUp = (): void => void connection.end().catch(() => undefined);
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    try {
      const session = await UpstreamSession.open({
        connection,
        era: strategy.era,
        // A program may have to be downloaded or built before it responds, and a restart would repeat that work.
        connectMs: connection.local ? capMs : timeoutMs,
        timeoutMs,
        probeMs: Math.min(PROBE_MS, host.limits.startTimeoutMs / 3),
        log,
        signal,
        checks,
      });
      last.strategy = at;
      return session;
    } catch (thrown) {
      const error = toError(thrown);
      // The exit reason of a process arrives shortly after its pipe closes.
      const died = connection.local ? await Promise.race([connection.exited, sleep(200, undefined)]) : undefined;
      const again = !parts.signal.aborted && at + 1 < strategies.length && strategy.next(error, connection);
      await connection.end();
      if (again) continue;
      delete last.strategy;
      throw (
        connection.explain(error, 'handshake') ??
        explain(connection.failure ?? error, entry, connection.endedItself ? died : undefined, parts)
      );
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }
}

function strategiesFor({ server, era }: ServerEntry, parts: Connecting): ConnectStrategy[] {
  return server.kind === 'stdio' ? localStrategies(server, era, parts) : remoteStrategies(server, era, parts);
}

// Some servers exit on an unknown message, so they are started again with the legacy handshake.
function localStrategies(server: LocalServer, era: 'legacy' | undefined, { id, host, log, signal, checks }: Connecting): ConnectStrategy[] {
  const open = async (): Promise<ServerConnection> => {
    await server.prepare?.(signal);
    return new StdioConnection({ ...server, plugin: id }, host, log, checks.guard);
  };
  const legacy: ConnectStrategy = { open, era: 'legacy', next: () => false };
  return era === 'legacy'
    ? [legacy]
    : [{ open, era: undefined, next: (_, connection) => connection.endedItself && connection.started }, legacy];
}

// Servers of the older HTTP+SSE transport reject the POST of Streamable HTTP with a 4xx status.
function remoteStrategies(server: RemoteServer, era: 'legacy' | undefined, { id, host, checks }: Connecting): ConnectStrategy[] {
  const kinds = server.kind === 'any' ? (['http', 'sse'] as const) : ([server.kind] as const);
  return kinds.map((kind) => ({
    open: () => openRemote(id, server, kind, host, checks.guard),
    era,
    next: (error) => {
      const status = statusOf(error) ?? 0;
      return status >= 400 && status < 500 && status !== 401 && status !== 403 && status !== 429;
    },
  }));
}

function explain(error: Error, entry: ServerEntry, died: string | undefined, { id, host, timeoutMs, capMs }: Connecting): GatewayError {
  const fail = (code: ErrorCode, message: string, fix: string): GatewayError => new GatewayError(code, message, { fix, cause: error });
  if (entry.server.kind === 'stdio') {
    if (died !== undefined) return fail('HANDSHAKE_FAILED', `The server did not start: ${died}.`, fixFor(died, entry.server));
    if (isTimeout(error))
      return fail(
        'LOAD_TIMEOUT',
        `The server did not respond within ${capMs / 1000} s.`,
        'Run its command by hand, or raise "limits.startCapMs".',
      );
    return fail(
      'HANDSHAKE_FAILED',
      `The server is not an MCP server: ${causeOf(error)}.`,
      'Check that the command starts an MCP server on stdio.',
    );
  }
  if (error instanceof GatewayError) return error;
  const { url, proxy: own } = entry.server;
  const why = unreachable(error);
  const status = statusOf(error);
  const fault = proxyFault(error) ?? refusalOf(undefined, status ?? 0);
  if (fault) return fail('HANDSHAKE_FAILED', `${url.host} cannot be reached: ${fault.message}.`, fault.fix);
  const proxy = createRoute({ own, top: host.proxy })(url);
  const address = proxy ? `${url.host} through the proxy ${proxy.name}` : url.host;
  if (why !== undefined)
    return fail(
      'HANDSHAKE_FAILED',
      `${address} cannot be reached: ${why}.`,
      'Check the address and the network; the gateway keeps retrying.',
    );
  if (status === 401 || error.name === 'UnauthorizedError') return loginNeeded(id, entry.server);
  if (status === 403)
    return fail('NEEDS_CONFIGURATION', `${address} rejects this login (HTTP 403).`, 'Check the token and its permissions.');
  if (status !== undefined)
    return fail(
      'HANDSHAKE_FAILED',
      `${address} responded with HTTP ${status}.`,
      fixOf(status).fix ?? 'Check the path of the address, such as /mcp or /sse.',
    );
  if (isHungUp(error))
    return fail(
      'HANDSHAKE_FAILED',
      `${address} closed the connection without a response.`,
      'Check the address, and the proxy if there is one.',
    );
  if (isTimeout(error))
    return fail(
      'LOAD_TIMEOUT',
      `${address} did not respond within ${timeoutMs / 1000} s.`,
      'Check the server, or raise "limits.startTimeoutMs".',
    );
  return fail('HANDSHAKE_FAILED', `${address} is not an MCP server: ${causeOf(error)}.`, 'Check the address and its "type".');
}

function fixFor(died: string, { command, env }: LocalServer): string {
  // Users put a whole command line into "command", although no client accepts that.
  if (died.includes('was not found') && /\s/.test(command)) return 'Put only the program into "command" and its arguments into "args".';
  // A gateway that a desktop started has another PATH than a terminal.
  if (died.includes('was not found') && !/[/\\]/.test(command))
    return `Install ${command}, or give its full path. Its PATH is ${env.PATH ?? process.env.PATH ?? 'empty'}.`;
  if (died.includes('was not found')) return `Install ${command}, or correct its path.`;
  return 'Read its last output, or run its command by hand to see more.';
}

function isTimeout(error: Error): boolean {
  return (error as { code?: unknown }).code === 'REQUEST_TIMEOUT' || /timed? ?out/i.test(error.message);
}

// The peer closed the connection without a response.
function isHungUp(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || (cause instanceof Error && isHungUp(cause));
}
