import { setTimeout as sleep } from 'node:timers/promises';
import type { Transport } from '@modelcontextprotocol/client';
import type { Agent } from 'undici';
import type { Host } from '../../../src/core/contract/host.ts';
import { deferred } from '../../../src/core/deferred.ts';
import { GatewayError, toError } from '../../../src/core/errors.ts';
import type { Logger } from '../../../src/core/log.ts';
import { createAgent } from '../../../src/host/network/agent.ts';
import { createRoute } from '../../../src/host/network/proxy.ts';
import type { LocalServer, RemoteServer } from '../entry.ts';
import { createAuth, recordOf } from '../oauth/auth.ts';
import { createStepUp, withScopeErrors } from '../oauth/step-up.ts';
import { SESSION_ENDED } from './failures.ts';
import type { Guard } from './guard.ts';
import { type LineEvents, LineTransport } from './line-transport.ts';
import { createReadingFetch, type MessageSink } from './reading-fetch.ts';
import type { Writing } from './shared-transport.ts';
import type { SocketEvents } from './socket-transport.ts';

/** One connection to a server: its transport and its end. */
export interface ServerConnection {
  readonly transport: Writing;
  /** Display name of the transport. */
  readonly name: string;
  /** Whether the server is a process that the gateway started. */
  readonly local: boolean;
  /** Each request is a separate HTTP request, so losing one does not affect the others. */
  readonly apart: boolean;
  /** Resolves with the reason when the connection ends. */
  readonly exited: Promise<string>;
  /** Whether the connection has ended. */
  readonly over: boolean;
  /** Whether the server ended it. */
  readonly endedItself: boolean;
  /** Whether the server process started; always true for remote servers. */
  readonly started: boolean;
  /** The last request's error, if the transport passes on only its message. */
  readonly failure?: Error | undefined;
  /** The error for requests in flight when the connection ends. */
  connectionLostError(): GatewayError;
  /** Text that names the proxy which may respond instead of the server; empty without one. */
  readonly via: string;
  /** Receives invalid messages, and messages that the transport does not deliver itself. */
  sink: MessageSink;
  /** Explains a failure that is about the login; undefined for any other failure. */
  explain(thrown: unknown, of?: 'handshake'): GatewayError | undefined;
  /** Why an error outside a request ends the connection; undefined if it does not. */
  breaks(error: Error): string | undefined;
  /** Marks the connection as ended, with the reason. */
  drop(why: string): void;
  /** Pings the server and kills a server process that does not respond. */
  check(ping: () => Promise<unknown>): Promise<void>;
  /** Closes it. `why` ends the sentence that requests in flight fail with; absent if the connection is lost or serves none. */
  end(why?: string): Promise<void>;
}

const HTTP = 'Streamable HTTP';

const NO_SINK: MessageSink = { take: () => undefined, lost: () => undefined, answered: () => undefined, ended: () => undefined };

abstract class BaseConnection {
  readonly #exit = deferred<string>();
  readonly exited = this.#exit.promise;
  protected why: string | undefined;
  protected ending = false;
  protected closedFor: string | undefined;
  endedItself = false;
  sink: MessageSink = NO_SINK;

  get over(): boolean {
    return this.why !== undefined;
  }

  connectionLostError(): GatewayError {
    const why = this.closedFor;
    if (why === undefined) return this.lostError();
    return new GatewayError('PLUGIN_STOPPED', `The gateway closed the connection to the server while the call was in flight: ${why}.`);
  }

  protected abstract lostError(): GatewayError;

  drop(why: string): void {
    if (this.why !== undefined) return;
    this.why = why;
    this.endedItself = !this.ending;
    this.#exit.resolve(why);
  }
}

/** A server process, started for this connection. */
export class StdioConnection extends BaseConnection implements ServerConnection {
  readonly local = true;
  readonly apart = false;
  readonly name = 'stdio';
  readonly via = '';
  readonly transport: LineTransport;
  readonly #unresponsiveMs: number;

  constructor(server: LocalServer, host: Host, log: Logger, guard: Guard) {
    super();
    this.#unresponsiveMs = host.limits.unresponsiveMs;
    const events: LineEvents = {
      lost: (error, head, tail) => this.sink.lost(error, head, tail, undefined),
      gone: (why) => this.drop(why),
      ending: () => {
        this.ending = true;
      },
    };
    this.transport = new LineTransport(server, host, log, events, guard);
  }

  get started(): boolean {
    return this.transport.pid !== undefined;
  }

  protected lostError(): GatewayError {
    return new GatewayError('PLUGIN_CRASHED', `The server exited while the call was in flight: ${this.why ?? 'it was stopped'}.`);
  }

  explain(): undefined {}

  breaks(): undefined {}

  async check(ping: () => Promise<unknown>): Promise<void> {
    // An error response also proves that the process is alive.
    const alive = ping().then(
      () => true,
      () => true,
    );
    if (await Promise.race([alive, sleep(this.#unresponsiveMs, false, { ref: false })])) return;
    this.transport.kill('it did not respond after a call timed out and was killed');
  }

  async end(why?: string): Promise<void> {
    this.closedFor ??= why;
    await this.transport.close();
  }
}

interface RemoteParts {
  readonly transport: Transport;
  readonly terminate?: () => Promise<void>;
  readonly explain?: ServerConnection['explain'];
  readonly agent?: Agent | undefined;
  readonly via?: string;
}

/** A server at an address. */
export class RemoteConnection extends BaseConnection implements ServerConnection {
  readonly local = false;
  readonly started = true;
  readonly transport: Transport;
  readonly name: string;
  readonly apart: boolean;
  readonly explain: ServerConnection['explain'];
  readonly via: string;
  failure: Error | undefined;
  readonly #terminate: (() => Promise<void>) | undefined;
  readonly #agent: Agent | undefined;

  constructor(name: string, open: (connection: RemoteConnection) => RemoteParts) {
    super();
    this.name = name;
    this.apart = name === HTTP;
    const { transport, terminate, explain, agent, via = '' } = open(this);
    this.via = via;
    this.#agent = agent;
    this.transport = transport;
    this.#terminate = terminate;
    this.explain = explain ?? (() => undefined);
  }

  protected lostError(): GatewayError {
    const why = this.why ?? 'its stream ended';
    return new GatewayError('UPSTREAM_LOST', `The connection to the server was lost while the call was in flight: ${why}.`);
  }

  // When an HTTP+SSE stream reconnects, the server has opened a new session, which has not been initialized yet.
  breaks(error: Error): string | undefined {
    return this.name === 'HTTP+SSE' && error.message.startsWith('SSE error') ? 'its stream broke' : undefined;
  }

  // A remote server is not supervised by the gateway.
  async check(): Promise<void> {}

  async end(why?: string): Promise<void> {
    this.closedFor ??= why;
    // Ending the session frees memory on the server; wait for it at most 1 s.
    if (this.why === undefined) await Promise.race([this.#terminate?.().catch(() => undefined), sleep(1_000, undefined, { ref: false })]);
    this.ending = true;
    this.drop('it was closed');
    await this.transport.close().catch(() => undefined);
    await this.#agent?.destroy().catch(() => undefined);
  }
}

/** Opens the transport to a remote server. `kind`: the transport to try. */
export async function openRemote(
  id: string,
  server: RemoteServer,
  kind: 'http' | 'sse' | 'ws',
  host: Host,
  guard: Guard,
): Promise<RemoteConnection> {
  const messageBytes = 2 * host.limits.resultBytes + 64 * 1024;
  // Calls, lists and handshakes have their own limits, so undici's timeouts are off.
  const undici = kind === 'ws' ? undefined : await import('undici');
  const connectMs = host.limits.startTimeoutMs;
  const route = createRoute({ own: server.proxy, top: host.proxy });
  const proxy = route(server.url);
  const agent = undici && (await createAgent(route, { headersTimeout: 0, bodyTimeout: 0, connectMs }));
  const send = undici && ((input: unknown, init?: RequestInit) => undici.fetch(input as string, { ...init, dispatcher: agent } as never));
  // An HTTPS tunnel is transparent, so only plain HTTP responses can come from the proxy.
  const via = proxy && server.url.protocol === 'http:' ? ` through the proxy ${proxy.name}` : '';
  const readingFetch = (connection: RemoteConnection): typeof fetch =>
    createReadingFetch(
      messageBytes,
      {
        take: (message, request) => connection.sink.take(message, request),
        lost: (error, head, tail, request) => connection.sink.lost(error, head, tail, request),
        answered: (request) => connection.sink.answered(request),
        ended: (request) => connection.sink.ended(request),
        forgotten: () => connection.drop(SESSION_ENDED),
      },
      { standalone: connection.apart, ...(send ? { send: send as unknown as typeof fetch } : {}) },
    );
  if (kind === 'ws') {
    const { SocketTransport } = await import('./socket-transport.ts');
    return new RemoteConnection('WebSocket', (connection) => {
      const events: SocketEvents = {
        gone: (why) => connection.drop(why),
        lost: (error, head, tail) => connection.sink.lost(error, head, tail, undefined),
      };
      return { transport: new SocketTransport(server, { messageBytes, timeoutMs: connectMs, proxy }, events, guard) };
    });
  }
  const { SSEClientTransport, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const record = recordOf(id, server, host);
  const stepUp = createStepUp(id, server, record, via);
  const { explain } = stepUp;
  const auth = await createAuth(id, server, record, stepUp, route);
  const common = { requestInit: { headers: server.headers }, ...(auth ? { authProvider: auth } : {}) };
  if (kind === 'sse') {
    return new RemoteConnection('HTTP+SSE', (connection) => {
      const read = withScopeErrors(readingFetch(connection));
      const noting: typeof read = (input, init) =>
        read(input, init).catch((error) => {
          connection.failure = toError(error);
          throw error;
        });
      return { agent, via, transport: new SSEClientTransport(server.url, { ...common, fetch: noting }), explain };
    });
  }
  return new RemoteConnection(HTTP, (connection) => {
    const transport = new StreamableHTTPClientTransport(server.url, { ...common, fetch: readingFetch(connection) });
    return { transport, terminate: () => transport.terminateSession(), explain, agent, via };
  });
}
