import type { Client, Implementation } from '@modelcontextprotocol/client';
import type { CallContext } from '../../../src/core/contract/tool.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { holdsExact, noteExact } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import type { Logger } from '../../../src/core/log.ts';
import { VERSION } from '../../../src/core/package.ts';
import { shorten } from '../../../src/core/text/text.ts';
import type { Checks } from '../dropped.ts';
import { answerServer } from '../server-requests/answering.ts';
import { createServerNotifications, type ServerNotifications } from '../server-requests/notifications.ts';
import { ALL_KINDS, toCapabilities } from '../server-requests/questions.ts';
import { classifyFailure } from './failures.ts';
import { InFlight } from './in-flight.ts';
import { OutgoingRequest } from './outgoing-request.ts';
import type { ServerConnection } from './server-connection.ts';
import { SharedTransport, type SharedTransportEvents } from './shared-transport.ts';
import { createSink } from './sink.ts';

/** Client info that the gateway sends to servers. */
export const CLIENT_INFO = { name: 'plugmux', title: 'plugmux', version: VERSION };

const META = 'io.modelcontextprotocol/';
const MAX_ERROR_LENGTH = 500;

/** Arguments of `UpstreamSession.open`. */
export interface SessionParts {
  readonly connection: ServerConnection;
  /** Known era of the server; undefined: it is probed. */
  readonly era: 'legacy' | undefined;
  /** Limit of the handshake. */
  readonly connectMs: number;
  /** Limit of any other request outside a call. */
  readonly timeoutMs: number;
  readonly probeMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly checks: Checks;
}

/** One established connection to a server. */
export class UpstreamSession {
  readonly notifications: ServerNotifications;
  readonly modern: boolean;
  readonly #connection: ServerConnection;
  readonly #client: Client;
  readonly #link: SharedTransport;
  readonly #calls: InFlight;
  readonly #refused: WeakMap<CallContext, GatewayError>;
  readonly timeoutMs: number;
  /** Whether every server request identifies its call. */
  readonly #clear: boolean;

  private constructor(
    parts: SessionParts,
    client: Client,
    link: SharedTransport,
    calls: InFlight,
    notifications: ServerNotifications,
    refused: WeakMap<CallContext, GatewayError>,
  ) {
    this.#connection = parts.connection;
    this.timeoutMs = parts.timeoutMs;
    this.#client = client;
    this.#link = link;
    this.#calls = calls;
    this.#refused = refused;
    this.notifications = notifications;
    this.modern = client.getProtocolEra() === 'modern';
    this.#clear = this.modern || link.hasPerRequestStream;
  }

  /** Connects and negotiates the era. Rejects with the SDK's or transport's error, or if the server exits. */
  static async open(parts: SessionParts): Promise<UpstreamSession> {
    const { connection, era, log, checks } = parts;
    const { Client } = await import('@modelcontextprotocol/client');
    const calls = new InFlight();
    const refused = new WeakMap<CallContext, GatewayError>();
    const notifications = createServerNotifications(calls, log);
    const events: SharedTransportEvents = {
      question: (method, params, request) => answerServer(method, params, request, calls, refused),
      notification: (method, params, request) => notifications.handle(method, params, request),
    };
    const link = new SharedTransport(connection.transport, { events, ...checks });
    // The SDK recognizes a stdio transport by these two properties.
    if (connection.local) Object.assign(link, { stderr: null, pid: null });
    const client = new Client(CLIENT_INFO, {
      capabilities: toCapabilities(ALL_KINDS),
      versionNegotiation: { mode: era ?? 'auto', probe: { timeoutMs: parts.probeMs } },
    });
    client.onerror = (error) => {
      log.debug(shorten(error.message, MAX_ERROR_LENGTH));
      const why = connection.breaks(error);
      if (why !== undefined) connection.drop(why);
    };
    connection.sink = createSink(link, calls, checks);
    checks.guard.background(connection.exited.then(() => link.failAll(() => connection.connectionLostError())));
    await client.connect(link, { timeout: parts.connectMs, signal: parts.signal });
    return new UpstreamSession(parts, client, link, calls, notifications, refused);
  }

  /** Called when a call was lost but the connection was not: a different server may respond by now. */
  lost: () => void = () => undefined;

  /** Called when the server rejected a request for lack of a login or permission. */
  refused: () => void = () => undefined;

  /** Whether the connection has ended. */
  get over(): boolean {
    return this.#connection.over;
  }

  /** Resolves with the reason when the connection ends. */
  get exited(): Promise<string> {
    return this.#connection.exited;
  }

  /** Display name of the transport. */
  get transport(): string {
    return this.#connection.name;
  }

  get revision(): string {
    return this.#client.getNegotiatedProtocolVersion() ?? '';
  }

  get instructions(): string | undefined {
    return this.#client.getInstructions();
  }

  /** Whether arguments marked with `x-mcp-header` are also sent as headers (modern Streamable HTTP). */
  get repeatsArguments(): boolean {
    return this.modern && this.#connection.apart;
  }

  get server(): Implementation | undefined {
    return this.#client.getServerVersion();
  }

  /** Facts about the connection, for `info` and `/status`. */
  get facts(): JsonObject {
    const { server } = this;
    return {
      ...(server ? { server: `${server.title ?? server.name} ${server.version}` } : {}),
      transport: this.transport,
      era: this.modern ? 'modern' : 'legacy',
      revision: this.revision,
    };
  }

  /** Whether the server declares a capability. */
  can(feature: string, detail?: string): boolean {
    const found = (this.#client.getServerCapabilities() as JsonObject | undefined)?.[feature];
    return isJsonObject(found) && (detail === undefined || found[detail] === true);
  }

  /** Whether the server declares an extension. */
  extends(extension: string): boolean {
    const { extensions } = (this.#client.getServerCapabilities() ?? {}) as JsonObject;
    return isJsonObject(extensions) && isJsonObject(extensions[extension]);
  }

  /** Opens a `subscriptions/listen` stream of the modern era, managed by the SDK. */
  listen(filter: Parameters<Client['listen']>[0]): ReturnType<Client['listen']> {
    return this.#client.listen(filter, { timeout: this.timeoutMs });
  }

  /** Sends a request outside a call. */
  ask(method: string, params: JsonObject, timeoutMs = this.timeoutMs): Promise<JsonObject> {
    return this.#send(method, params, undefined, undefined, timeoutMs);
  }

  /** Sends a request for a call and returns the raw result. */
  request(method: string, params: JsonObject, ctx: CallContext, headers?: Record<string, string>): Promise<JsonObject> {
    // Per-request streams identify the call of a server request; in the modern era server requests are results.
    if (this.#clear || this.#calls.free(ctx, params)) return this.#send(method, params, ctx, headers);
    return this.#calls.turn(ctx).then((take) => {
      const answer = this.#send(method, params, ctx, headers);
      take();
      return answer;
    });
  }

  #send(
    method: string,
    params: JsonObject,
    ctx?: CallContext,
    headers?: Record<string, string>,
    timeoutMs = this.timeoutMs,
  ): Promise<JsonObject> {
    if (ctx?.aborted) return Promise.reject(new GatewayError('CALL_CANCELLED', 'The call ended before it was sent.'));
    // Requests in flight have been failed already, so a new one would never settle.
    if (this.over)
      return Promise.reject(new GatewayError('PLUGIN_UNAVAILABLE', 'The connection to the server was lost before the request was sent.'));
    const id = this.#link.nextId();
    const stream = this.modern && this.#link.hasPerRequestStream ? new AbortController() : undefined;
    return new Promise((resolve, reject) => {
      const one = new OutgoingRequest(this, id, ctx, resolve, reject);
      if (ctx) {
        this.#calls.add(id, ctx, params);
        ctx.onAbort((reason) => {
          if (!one.settled) this.#giveUp(id, stream, reason as Error);
        });
      } else {
        one.timer = setTimeout(() => this.#giveUp(id, stream, tooSlow(method, timeoutMs)), timeoutMs);
      }
      const options = this.#connection.local
        ? undefined
        : {
            ...(headers ? { headers } : {}),
            ...(stream ? { requestSignal: stream.signal } : {}),
            onRequestStreamEnd: () => this.#link.fail(id, this.#connection.connectionLostError()),
          };
      this.#link.request(id, method, this.#withMeta(id, params, ctx), one, options);
    });
  }

  /** Removes a call. If it failed because the client rejected a server request, returns that rejection. */
  ended(id: number, ctx: CallContext | undefined, failed: boolean): GatewayError | undefined {
    if (!ctx) return undefined;
    this.#calls.remove(id);
    return failed ? this.#refused.get(ctx) : undefined;
  }

  /** Classifies a failed send and drops the connection if it is unusable. */
  classifyFailure(thrown: Error, ofCall: boolean): Error {
    const known = this.#connection.explain(thrown);
    if (known) {
      this.refused();
      return known;
    }
    const { error, ends } = classifyFailure(thrown, {
      session: this.#link.sessionId !== undefined,
      apart: this.#connection.apart,
      via: this.#connection.via,
    });
    if (ends !== undefined) this.#connection.drop(ends);
    else if (ofCall && error instanceof GatewayError && (error.code === 'UPSTREAM_LOST' || error.code === 'PLUGIN_UNAVAILABLE'))
      this.lost();
    return error;
  }

  #withMeta(id: number, params: JsonObject, ctx: CallContext | undefined): JsonObject {
    const passed = ctx?.meta;
    if (!this.modern) {
      if (!ctx?.wantsProgress) return passed ? { ...params, _meta: passed } : params;
      return { ...params, _meta: withExact({ ...passed, progressToken: id }, passed) };
    }
    const capabilities = toCapabilities(ctx ? ctx.answerableKinds : ALL_KINDS);
    const _meta: JsonObject = {
      ...passed,
      [`${META}protocolVersion`]: this.revision,
      [`${META}clientInfo`]: CLIENT_INFO,
      [`${META}clientCapabilities`]: capabilities,
    };
    if (ctx?.wantsProgress) _meta.progressToken = id;
    if (ctx) _meta[`${META}logLevel`] = 'debug';
    return { ...params, _meta: withExact(_meta, passed) };
  }

  #giveUp(id: number, stream: AbortController | undefined, reason: Error): void {
    if (stream) stream.abort();
    else this.#link.notify('notifications/cancelled', { requestId: id, reason: reason.message });
    this.#link.fail(id, reason);
    // A process that responds neither to a timed-out call nor to a ping hangs and is restarted.
    if (reason instanceof GatewayError && reason.code === 'CALL_TIMEOUT') void this.#connection.check(() => this.#ping());
  }

  async #ping(): Promise<unknown> {
    return this.#send(this.modern ? 'server/discover' : 'ping', {});
  }

  /** Number of calls in flight. */
  get inFlight(): number {
    return this.#calls.size;
  }

  /** Ends the connection with the given reason. */
  drop(why: string): void {
    this.#connection.drop(why);
  }

  /** `why` ends the sentence that calls in flight fail with. */
  async close(why?: string): Promise<void> {
    await this.#connection.end(why);
  }
}

// Parsed values record whether they contain exact numbers; a copy must be marked again.
function withExact(meta: JsonObject, passed: JsonObject | undefined): JsonObject {
  return holdsExact(passed) ? noteExact(meta) : meta;
}

function tooSlow(method: string, ms: number): GatewayError {
  return new GatewayError('LOAD_TIMEOUT', `The server did not answer ${method} within ${ms / 1000} s.`);
}
