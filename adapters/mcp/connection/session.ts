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
import { judge } from './failures.ts';
import { InFlight } from './in-flight.ts';
import { OutgoingRequest } from './outgoing-request.ts';
import type { ServerConnection } from './server-connection.ts';
import { SharedTransport, type SharedTransportEvents } from './shared-transport.ts';
import { createSink } from './sink.ts';

/** How the gateway introduces itself to servers. */
export const CLIENT_INFO = { name: 'plugmux', title: 'plugmux', version: VERSION };

const META = 'io.modelcontextprotocol/';
const MAX_ERROR_LENGTH = 500;

/** How one connection is made. */
export interface SessionParts {
  readonly carrier: ServerConnection;
  /** What is already known of the server's era; undefined: it is asked. */
  readonly era: 'legacy' | undefined;
  /** How long the handshake may take. */
  readonly connectMs: number;
  /** How long anything else may take that no call waits for. */
  readonly timeoutMs: number;
  readonly probeMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly checks: Checks;
}

/** One established connection to a server. */
export class UpstreamSession {
  readonly notices: ServerNotifications;
  readonly modern: boolean;
  readonly #carrier: ServerConnection;
  readonly #client: Client;
  readonly #link: SharedTransport;
  readonly #calls: InFlight;
  readonly #refused: WeakMap<CallContext, GatewayError>;
  readonly timeoutMs: number;
  /** Whether it is always clear whose call a question belongs to. */
  readonly #clear: boolean;

  private constructor(
    parts: SessionParts,
    client: Client,
    link: SharedTransport,
    calls: InFlight,
    notices: ServerNotifications,
    refused: WeakMap<CallContext, GatewayError>,
  ) {
    this.#carrier = parts.carrier;
    this.timeoutMs = parts.timeoutMs;
    this.#client = client;
    this.#link = link;
    this.#calls = calls;
    this.#refused = refused;
    this.notices = notices;
    this.modern = client.getProtocolEra() === 'modern';
    this.#clear = this.modern || link.hasPerRequestStream;
  }

  /** Connects and agrees on an era. Rejects with what the SDK or the transport says, or with why the server has ended. */
  static async open(parts: SessionParts): Promise<UpstreamSession> {
    const { carrier, era, log, checks } = parts;
    const { Client } = await import('@modelcontextprotocol/client');
    const calls = new InFlight();
    const refused = new WeakMap<CallContext, GatewayError>();
    const notices = createServerNotifications(calls, log);
    const events: SharedTransportEvents = {
      question: (method, params, request) => answerServer(method, params, request, calls, refused),
      notification: (method, params, request) => notices.hear(method, params, request),
    };
    const link = new SharedTransport(carrier.transport, { events, ...checks });
    // The SDK tells a program from an address by these two.
    if (carrier.local) Object.assign(link, { stderr: null, pid: null });
    const client = new Client(CLIENT_INFO, {
      capabilities: toCapabilities(ALL_KINDS),
      versionNegotiation: { mode: era ?? 'auto', probe: { timeoutMs: parts.probeMs } },
    });
    client.onerror = (error) => {
      log.debug(shorten(error.message, MAX_ERROR_LENGTH));
      const why = carrier.breaks(error);
      if (why !== undefined) carrier.drop(why);
    };
    carrier.sink = createSink(link, calls, checks);
    checks.guard.background(carrier.exited.then(() => link.failAll(() => carrier.connectionLostError())));
    await client.connect(link, { timeout: parts.connectMs, signal: parts.signal });
    return new UpstreamSession(parts, client, link, calls, notices, refused);
  }

  /** Called back when a call was lost, but not the connection: the server may be another one by now. */
  lost: () => void = () => undefined;

  /** Called back when the server has refused a request for want of a login. */
  refused: () => void = () => undefined;

  /** Whether the connection is of no more use. */
  get over(): boolean {
    return this.#carrier.over;
  }

  /** Settles with the reason when the connection is of no more use. */
  get gone(): Promise<string> {
    return this.#carrier.exited;
  }

  /** How the messages travel, in words. */
  get transport(): string {
    return this.#carrier.name;
  }

  get revision(): string {
    return this.#client.getNegotiatedProtocolVersion() ?? '';
  }

  get instructions(): string | undefined {
    return this.#client.getInstructions();
  }

  /** Whether arguments that a tool marks for it travel as headers, too: each request is one of HTTP. */
  get repeatsArguments(): boolean {
    return this.modern && this.#carrier.apart;
  }

  get server(): Implementation | undefined {
    return this.#client.getServerVersion();
  }

  /** What an operator may want to know of it. */
  get facts(): JsonObject {
    const { server } = this;
    return {
      ...(server ? { server: `${server.title ?? server.name} ${server.version}` } : {}),
      transport: this.transport,
      era: this.modern ? 'modern' : 'legacy',
      revision: this.revision,
    };
  }

  /** What the server says it can do. */
  can(feature: string, detail?: string): boolean {
    const found = (this.#client.getServerCapabilities() as JsonObject | undefined)?.[feature];
    return isJsonObject(found) && (detail === undefined || found[detail] === true);
  }

  /** A listen stream of the newer era; the SDK keeps it. */
  listen(filter: Parameters<Client['listen']>[0]): ReturnType<Client['listen']> {
    return this.#client.listen(filter, { timeout: this.timeoutMs });
  }

  /** Asks for something that no call waits for. */
  ask(method: string, params: JsonObject, timeoutMs = this.timeoutMs): Promise<JsonObject> {
    return this.#send(method, params, undefined, undefined, timeoutMs);
  }

  /** Sends a request on behalf of a call, and returns its result as it is. */
  request(method: string, params: JsonObject, ctx: CallContext, headers?: Record<string, string>): Promise<JsonObject> {
    // A stream for each request says itself whose question it carries, and the newer era's questions are answers.
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
    // Nothing would answer it, and what was in flight has been given up by now.
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
      const options = this.#carrier.local
        ? undefined
        : {
            ...(headers ? { headers } : {}),
            ...(stream ? { requestSignal: stream.signal } : {}),
            onRequestStreamEnd: () => this.#link.fail(id, this.#carrier.connectionLostError()),
          };
      this.#link.request(id, method, this.#withMeta(id, params, ctx), one, options);
    });
  }

  /** What becomes of an answer: an error that a refused question led to is that refusal. */
  ended(id: number, ctx: CallContext | undefined, failed: boolean): GatewayError | undefined {
    if (!ctx) return undefined;
    this.#calls.remove(id);
    return failed ? this.#refused.get(ctx) : undefined;
  }

  /** What a failed sending means for the call, and for the connection. */
  judge(thrown: Error, ofCall: boolean): Error {
    const known = this.#carrier.explain(thrown);
    if (known) {
      this.refused();
      return known;
    }
    const { error, ends } = judge(thrown, {
      session: this.#link.sessionId !== undefined,
      apart: this.#carrier.apart,
      via: this.#carrier.via,
    });
    if (ends !== undefined) this.#carrier.drop(ends);
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
    // A program that is silent past the deadline of a call and answers nothing else either does not come back.
    if (reason instanceof GatewayError && reason.code === 'CALL_TIMEOUT') void this.#carrier.check(() => this.#ping());
  }

  async #ping(): Promise<unknown> {
    return this.#send(this.modern ? 'server/discover' : 'ping', {});
  }

  /** Calls that wait for an answer. */
  get inFlight(): number {
    return this.#calls.size;
  }

  /** Ends the connection for a reason of ours. */
  drop(why: string): void {
    this.#carrier.drop(why);
  }

  async close(): Promise<void> {
    await this.#carrier.end();
  }
}

// Whether a copy holds exact numbers is known of what was parsed alone.
function withExact(meta: JsonObject, passed: JsonObject | undefined): JsonObject {
  return holdsExact(passed) ? noteExact(meta) : meta;
}

function tooSlow(method: string, ms: number): GatewayError {
  return new GatewayError('LOAD_TIMEOUT', `The server did not answer ${method} within ${ms / 1000} s.`);
}
