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

/** What a connection needs besides the entry. */
export interface Connecting {
  /** The server's id. */
  readonly id: string;
  readonly host: Host;
  readonly log: Logger;
  /** How long one request may take that no call waits for, and the handshake with a server at an address. */
  readonly timeoutMs: number;
  /** How long a program of ours may run until it answers for the first time. */
  readonly capMs: number;
  readonly signal: AbortSignal;
  readonly checks: Checks;
}

/** A way of connecting that may be tried. */
interface ConnectStrategy {
  readonly open: () => Promise<ServerConnection>;
  readonly era: 'legacy' | undefined;
  /** Whether its failure leaves room for the next way. */
  readonly next: (error: Error, connection: ServerConnection) => boolean;
}

/** Longest wait for an answer that tells the era of a program: one that says nothing at all is of the older one. */
const PROBE_MS = 10_000;

/** What worked last time, so that it is tried first. */
export interface LastStrategy {
  strategy?: number;
}

/** Connects to a server, by the way that worked last or by each in turn. Rejects with what went wrong, in words. */
export async function connect(entry: ServerEntry, parts: Connecting, last: LastStrategy): Promise<UpstreamSession> {
  const strategies = strategiesFor(entry, parts);
  for (let at = last.strategy ?? 0; ; at++) {
    const strategy = strategies[at] as ConnectStrategy;
    const { host, log, timeoutMs, capMs, signal, checks } = parts;
    const connection = await strategy.open();
    // The SDK ends its probe of a server with the connection, and for nothing else.
    const giveUp = (): void => void connection.end().catch(() => undefined);
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    try {
      const session = await UpstreamSession.open({
        carrier: connection,
        era: strategy.era,
        // A program may have to be downloaded or built before it can answer; ending it would only restart that work.
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
      // A program that died says why a moment after its pipe closed.
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

// Some servers end themselves on a message they do not know: those are started anew and spoken to in the older way.
function localStrategies(server: LocalServer, era: 'legacy' | undefined, { host, log, checks }: Connecting): ConnectStrategy[] {
  const open = async (): Promise<ServerConnection> => new StdioConnection(server, host, log, checks.guard);
  const legacy: ConnectStrategy = { open, era: 'legacy', next: () => false };
  return era === 'legacy'
    ? [legacy]
    : [{ open, era: undefined, next: (_, connection) => connection.endedItself && connection.started }, legacy];
}

// Before Streamable HTTP there was HTTP+SSE: a server of that kind refuses what the newer one sends.
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
        `The server said nothing within ${capMs / 1000} s.`,
        'Run its command by hand, or raise "limits.startCapMs".',
      );
    return fail(
      'HANDSHAKE_FAILED',
      `The server does not speak MCP: ${causeOf(error)}.`,
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
      'Check the address and the network; the gateway keeps trying.',
    );
  if (status === 401 || error.name === 'UnauthorizedError') return loginNeeded(id, entry.server);
  if (status === 403)
    return fail('NEEDS_CONFIGURATION', `${address} refuses this login (HTTP 403).`, 'Check the token and what it may do.');
  if (status !== undefined)
    return fail(
      'HANDSHAKE_FAILED',
      `${address} answered with HTTP ${status}.`,
      fixOf(status).fix ?? 'Check the path of the address, such as /mcp or /sse.',
    );
  if (isHungUp(error))
    return fail(
      'HANDSHAKE_FAILED',
      `${address} ended the connection without an answer.`,
      'Check the address, and the proxy if there is one.',
    );
  if (isTimeout(error))
    return fail(
      'LOAD_TIMEOUT',
      `${address} did not answer within ${timeoutMs / 1000} s.`,
      'Check the server, or raise "limits.startTimeoutMs".',
    );
  return fail('HANDSHAKE_FAILED', `${address} does not speak MCP: ${causeOf(error)}.`, 'Check the address and its "type".');
}

function fixFor(died: string, { command }: LocalServer): string {
  // Other clients take no command line here either, but people write one.
  if (died.includes('was not found') && /\s/.test(command))
    return 'Name the program alone as "command", and put what follows it into "args".';
  if (died.includes('was not found')) return `Install ${command}, or give its full path.`;
  return 'Read its last words; run its command by hand to see more.';
}

function isTimeout(error: Error): boolean {
  return (error as { code?: unknown }).code === 'REQUEST_TIMEOUT' || /timed? ?out/i.test(error.message);
}

// What has been connected to goes without a word.
function isHungUp(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || (cause instanceof Error && isHungUp(cause));
}
