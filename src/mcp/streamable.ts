import type { Caller } from '../core/contract/caller.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { GatewayError } from '../core/errors.ts';
import { withTraceHeaders } from '../core/trace-context.ts';
import type { LegacyPeer } from './legacy/legacy-peer.ts';
import type { SessionStream } from './legacy/session-stream.ts';
import type { HttpSession, Sessions } from './legacy/sessions.ts';
import type { ModernPeer } from './modern/modern-peer.ts';
import type { PeerParts } from './peer.ts';
import { hasEnvelope } from './wire/envelope.ts';
import { RpcError, toRpcError } from './wire/errors.ts';
import { type Frame, type HeaderView, type Outlet, singleHeader } from './wire/outlet.ts';
import { ASSUMED_REVISION, isModern, LEGACY } from './wire/revisions.ts';
import { errorText, type Fault, type Id, type Incoming, type Message, RPC } from './wire/wire.ts';

/** Called when the client disconnects before the reply. */
export type Gone = () => void;

/** A request that may still wait for its reply. */
export interface PendingExchange {
  readonly gone: Gone;
  /** Forces the reply now; a request of a session gets it when the session ends. */
  interrupt(reason: string): void;
  /** The caller lost its access: sends the error as reply at once. */
  revoke(error: GatewayError): void;
  /** Whether it is a request of the stateless client with these caller's fields of its audit lines. */
  isOf(audit: string): boolean;
}

/** Streamable HTTP: both eras on one address. Handles bodies, headers and sessions, but no sockets. */
export interface Streamable {
  post(incoming: Incoming, headers: HeaderView, caller: Caller, outlet: Outlet): PendingExchange;
  /** Opens the standalone stream of a session. */
  open(headers: HeaderView, caller: Caller, outlet: Outlet): Gone;
  /** Ends a session. */
  end(headers: HeaderView, caller: Caller, outlet: Outlet): void;
}

/** The dependencies of `createStreamable`. */
export interface StreamableParts extends PeerParts {
  readonly sessions: Sessions;
  legacy(caller: Caller): LegacyPeer;
  modern(caller: Caller): ModernPeer;
}

/** The first revision whose clients support an event without data. */
const PRIMING_SINCE = '2025-11-25';

/** The protocol allows visible ASCII in session ids. */
const SESSION_ID = /^[\x21-\x7e]{1,256}$/;

const nothing = (): void => undefined;
const no = (): boolean => false;
const NOTHING: PendingExchange = { gone: nothing, interrupt: nothing, revoke: nothing, isOf: no };

/** Serves POST, GET and DELETE of one address. */
export function createStreamable(parts: StreamableParts): Streamable {
  const { sessions, redactor, log } = parts;

  const refuse = (outlet: Outlet, error: unknown, status: number, id: Id | null = null): PendingExchange => {
    const { number, message, data } = toRpcError(error, redactor, log);
    const retryAfterMs = error instanceof GatewayError ? error.details.retryAfterMs : undefined;
    const frame: Frame = { bytes: errorText(id, number, message, data), last: true, status };
    outlet.write(retryAfterMs === undefined ? frame : { ...frame, retryAfterMs });
    return NOTHING;
  };

  // GET and DELETE exist only in sessions, so without a session id the answer is 405.
  const refuseInSession = (outlet: Outlet, error: unknown, headers: HeaderView): void => {
    if (headers['mcp-session-id'] !== undefined) return void refuse(outlet, error, statusOf(error));
    const { number, message, data } = toRpcError(error, redactor, log);
    outlet.write({ bytes: errorText(null, number, message, data), last: true, status: 405, allow: 'POST' });
  };

  const findSession = (headers: HeaderView, caller: Caller): HttpSession => {
    const id = singleHeader(headers, 'mcp-session-id');
    if (id === undefined || !SESSION_ID.test(id))
      throw new EdgeError(
        400,
        'INVALID_REQUEST',
        'The header Mcp-Session-Id is missing, duplicated or invalid.',
        'Send initialize first, and the Mcp-Session-Id of its reply with every later request.',
      );
    const session = sessions.find(id, caller);
    if (!session) throw new EdgeError(404, 'UNKNOWN_SESSION', 'The session does not exist or has ended.');
    const version = headers['mcp-protocol-version'] === undefined ? ASSUMED_REVISION : singleHeader(headers, 'mcp-protocol-version');
    if (version === undefined || !LEGACY.includes(version))
      throw new EdgeError(
        400,
        'INVALID_REQUEST',
        'The revision in MCP-Protocol-Version is not supported.',
        `Send one of: ${LEGACY.join(', ')}.`,
      );
    return session;
  };

  const modern = (message: Message, headers: HeaderView, caller: Caller, outlet: Outlet): PendingExchange => {
    const peer = parts.modern(caller);
    peer.receive(message, outlet, headers);
    if (message.kind !== 'request') outlet.write({ last: true, status: 202 });
    return toPending(peer);
  };

  const initialize = (message: Message & { kind: 'request' }, caller: Caller, outlet: Outlet): PendingExchange => {
    const peer = parts.legacy(caller);
    peer.receive(message, {
      write(frame) {
        // The session exists only if the handshake succeeded.
        if (peer.revision === '') return outlet.write({ ...frame, status: 400 });
        try {
          outlet.write({ ...frame, sessionId: sessions.open(peer).id });
        } catch (error) {
          // The handshake may be asynchronous, so the caller of `post` cannot catch this.
          refuse(outlet, error, statusOf(error), message.id);
        }
      },
    });
    return NOTHING;
  };

  const legacy = (
    incoming: Message | (Incoming & { kind: 'batch' }),
    headers: HeaderView,
    caller: Caller,
    outlet: Outlet,
  ): PendingExchange => {
    if (incoming.kind === 'request' && incoming.method === 'initialize' && headers['mcp-session-id'] === undefined) {
      return initialize(incoming, caller, outlet);
    }
    const { peer, streams } = findSession(headers, caller);
    peer.caller = caller;
    const stream = streams.create(outlet, peer.revision >= PRIMING_SINCE);
    if (incoming.kind === 'batch') {
      if (!peer.receiveBatch(incoming.items, stream))
        throw new EdgeError(400, 'INVALID_REQUEST', 'Batches exist in revision 2025-03-26 only.');
      if (!incoming.items.some(needsReply)) stream.write({ last: true, status: 202 });
    } else {
      peer.receive(incoming, stream);
      if (incoming.kind !== 'request') stream.write({ last: true, status: 202 });
    }
    return { gone: () => stream.lost(outlet), interrupt: nothing, revoke: (error) => peer.revoke(error, idsOf(incoming)), isOf: no };
  };

  const resume = ({ streams }: HttpSession, lastEventId: string, outlet: Outlet): SessionStream | undefined => {
    const found = streams.find(lastEventId);
    if (!found) throw new EdgeError(400, 'INVALID_REQUEST', 'The Last-Event-ID does not belong to this session.');
    if (streams.isStandalone(found.id)) return undefined;
    // If the stream is no longer stored, the client gets the standalone one.
    found.stream?.resume(outlet, found.after);
    return found.stream;
  };

  return {
    post(incoming, headers, caller, outlet) {
      const id = incoming.kind === 'request' ? incoming.id : null;
      if (parts.gateway.tracing && incoming.kind === 'request') takeTrace(incoming, headers);
      try {
        if (incoming.kind === 'fault') {
          parts.modern(caller).refuse(incoming, outlet);
          return NOTHING;
        }
        const era = eraOf(incoming, headers);
        if (era instanceof Error) return refuse(outlet, era, 400, id);
        if (era === 'modern') return modern(incoming as Message, headers, caller, outlet);
        return legacy(incoming, headers, caller, outlet);
      } catch (error) {
        return refuse(outlet, error, statusOf(error), id);
      }
    },
    open(headers, caller, outlet) {
      try {
        const session = findSession(headers, caller);
        const { peer, streams } = session;
        const last = singleHeader(headers, 'last-event-id');
        const resumed = last === undefined ? undefined : resume(session, last, outlet);
        if (resumed) return () => resumed.lost(outlet);
        if (streams.standalone?.held) log.info(`A newer event stream of ${caller.principal} replaces the one that its session had open.`);
        const after = last === undefined ? undefined : streams.find(last)?.after;
        const standalone = streams.openStandalone(outlet, peer.revision >= PRIMING_SINCE, after);
        peer.channel = standalone;
        return () => standalone.lost(outlet);
      } catch (error) {
        refuseInSession(outlet, error, headers);
        return nothing;
      }
    },
    end(headers, caller, outlet) {
      try {
        sessions.end(findSession(headers, caller), 'The client ended the session.');
        outlet.write({ last: true, status: 204 });
      } catch (error) {
        refuseInSession(outlet, error, headers);
      }
    },
  };
}

function statusOf(error: unknown): number {
  if (error instanceof EdgeError) return error.status;
  return error instanceof GatewayError && error.code === 'OVERLOADED' ? 503 : 500;
}

/** An error with an HTTP status. */
class EdgeError extends GatewayError {
  readonly status: number;
  constructor(status: number, code: ErrorCode, message: string, fix?: string) {
    super(code, message, { fix });
    this.status = status;
  }
}

/** The exchange of a peer that serves a single request. */
export function toPending(peer: ModernPeer): PendingExchange {
  return {
    gone: () => peer.close('the client closed the connection'),
    interrupt: (reason) => peer.interrupt(reason),
    revoke: (error) => peer.revoke(error),
    isOf: (audit) => peer.audit === audit,
  };
}

// Tracers of HTTP clients set headers, those of MCP clients the `_meta` of a request.
function takeTrace({ params }: Message & { kind: 'request' }, headers: HeaderView): void {
  const meta = withTraceHeaders(params._meta, headers);
  if (meta !== undefined) params._meta = meta;
}

function idsOf(incoming: Message | (Incoming & { kind: 'batch' })): readonly Id[] {
  const items = incoming.kind === 'batch' ? incoming.items : [incoming];
  return items.flatMap((item) => (item.kind === 'request' ? [item.id] : []));
}

function needsReply(item: Message | Fault): boolean {
  return item.kind === 'request' || item.kind === 'fault';
}

// The envelope in the body decides. A request with only the header of a modern revision is an invalid modern request.
function eraOf(incoming: Message | (Incoming & { kind: 'batch' }), headers: HeaderView): 'legacy' | 'modern' | Error {
  if (incoming.kind === 'batch') {
    const mixed = incoming.items.some((item) => item.kind !== 'fault' && item.kind !== 'response' && hasEnvelope(item));
    return mixed ? new GatewayError('INVALID_REQUEST', 'A batch must not contain requests of revision 2026-07-28.') : 'legacy';
  }
  if (incoming.kind === 'response') return 'legacy';
  if (hasEnvelope(incoming)) return 'modern';
  const version = singleHeader(headers, 'mcp-protocol-version');
  if (version === undefined || !isModern(version)) return 'legacy';
  if (incoming.kind === 'notification') return 'modern';
  if (incoming.method === 'initialize') {
    return new RpcError(
      RPC.header,
      'The header MCP-Protocol-Version names a revision without a handshake.',
      { header: 'mcp-protocol-version' },
      400,
    );
  }
  return 'modern';
}
