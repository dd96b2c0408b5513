import type { Caller } from '../core/contract/caller.ts';
import type { GatewayError } from '../core/errors.ts';
import type { JsonCaps } from '../core/json/json-scan.ts';
import type { Logger } from '../core/log.ts';
import type { Redactor } from '../core/secrets/redact.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Triggers } from '../triggers/triggers.ts';
import { type Clients, createClients } from './clients/clients.ts';
import { type Connection, createConnection } from './connection.ts';
import { LegacyPeer } from './legacy/legacy-peer.ts';
import { createSessions, type SessionLimits } from './legacy/sessions.ts';
import { createLists } from './methods/lists.ts';
import { createMethods } from './methods/methods.ts';
import { createSubscriptions } from './methods/subscriptions.ts';
import { createEventMethods } from './modern/event-methods.ts';
import { type ModernParts, ModernPeer } from './modern/modern-peer.ts';
import { type PlainClient, plainCall } from './modern/plain-call.ts';
import { createSuspendedCalls } from './modern/suspended-calls.ts';
import { createStreamable, type PendingExchange, type Streamable, toPending } from './streamable.ts';
import { readCutMessage } from './wire/cut-message.ts';
import type { Outlet } from './wire/outlet.ts';
import { type Incoming, readMessage } from './wire/wire.ts';

/** The limits that the engine applies. */
export interface EngineLimits extends SessionLimits {
  readonly messageBytes: number;
  readonly jsonDepth: number;
  readonly jsonKeys: number;
  readonly jsonItems: number;
  readonly callsPerClient: number;
  readonly askMs: number;
}

/** Called when callers lose their access, with the reason. */
export type Revoked = (isGone: (caller: Caller) => boolean, error: GatewayError) => void;

/** Called when an operator ends a stateless client over HTTP; `audit`: the caller's fields of its audit lines. */
export type ClientEnded = (audit: string, reason: string) => void;

/** The protocol engine. Transports pass it the bytes they receive. */
export interface Engine {
  /** Parses and validates the bytes of one message. */
  read(bytes: Buffer): Incoming;
  /** Reads the id of a message over the size limit from its beginning and end. */
  readCut(head: Buffer, tail: Buffer): Incoming;
  /** Adds a client on a dedicated connection; `end` closes the connection. */
  connect(caller: Caller, transport: string, outlet: Outlet, end: (reason: string) => void): Connection;
  readonly streamable: Streamable;
  /** Calls one tool for a client without MCP, which waits `waitMs` for a person; `bytes` are the arguments as JSON. */
  call(tool: string, bytes: Buffer, client: PlainClient, waitMs: number, caller: Caller, outlet: Outlet): PendingExchange;
  /** Whether a profile exists. */
  hasProfile(profile: string): boolean;
  sessions(): number;
  /** The connected clients. */
  readonly clients: Pick<Clients, 'list' | 'end' | 'onChange'>;
  /** Applies limits that a reload has changed. */
  applyLimits(): void;
  /**
   * Ends everything of callers that lost their access: sessions, connections, running and suspended calls, and stored
   * results. Transports with requests of their own are notified through `onRevoked`.
   */
  revoke(isGone: (caller: Caller) => boolean, error: GatewayError): void;
  /** Ends the connections and listen streams of callers whose login has expired. Running calls over HTTP and sessions go on. */
  expire(isExpired: (caller: Caller) => boolean, error: GatewayError): void;
  onRevoked(listener: Revoked): void;
  onClientEnded(listener: ClientEnded): void;
  /** Ends the listen streams, which would stay open otherwise. */
  endStreams(): void;
  /** Ends suspended calls, listen streams and sessions. */
  close(): void;
}

/** `shared`: whether the gateway currently requires no token, so that all callers of a profile see the same lists. */
export function createEngine(
  gateway: Gateway,
  limits: EngineLimits,
  shared: () => boolean,
  redactor: Redactor,
  log: Logger,
  triggers: Triggers,
): Engine {
  const caps: JsonCaps = {
    get depth() {
      return limits.jsonDepth;
    },
    get keys() {
      return limits.jsonKeys;
    },
    get items() {
      return limits.jsonItems;
    },
  };
  const lists = createLists(shared, redactor.text);
  const methods = createMethods(gateway, lists, shared);
  const subscriptions = createSubscriptions(gateway, lists);
  const suspendedCalls = createSuspendedCalls(limits);
  const listeners: Revoked[] = [];
  const endListeners: ClientEnded[] = [];
  const clients = createClients({
    lastCalls: () => gateway.stats.recent.lastByCaller(),
    watches: subscriptions.watches,
    endStateless(audit, reason) {
      subscriptions.close(audit);
      suspendedCalls.end(audit, reason);
      for (const listener of endListeners) listener(audit, reason);
    },
    redact: redactor.text,
  });
  const events = createEventMethods(gateway, triggers);
  const parts: ModernParts = { gateway, redactor, log, clients, subscriptions, suspendedCalls, events, shared };

  const legacy = (caller: Caller, transport: string): LegacyPeer => new LegacyPeer(parts, methods, caller, transport, limits);
  const sessions = createSessions(
    limits,
    {
      opened(peer, end) {
        subscriptions.add(peer);
        clients.opened(peer, 'http', end);
      },
      ended(peer) {
        subscriptions.remove(peer);
        clients.closed(peer);
      },
    },
    log.area('sessions'),
  );
  // Modern clients of one token share its semaphore; without tokens clients cannot be distinguished.
  const streamable = createStreamable({
    ...parts,
    sessions,
    legacy: (caller) => legacy(caller, 'http'),
    modern: (caller) => new ModernPeer(parts, methods, caller, 'http'),
  });

  const connections = new Set<{ readonly caller: Caller; readonly connection: Connection; end(reason: string): void }>();

  const endConnections: Revoked = (isGone, error) => {
    for (const { caller, connection, end } of [...connections]) {
      if (!isGone(caller)) continue;
      connection.revoke(error);
      end(error.message);
    }
  };

  return {
    read: (bytes) => readMessage(bytes, caps),
    readCut: (head, tail) => readCutMessage(head, tail, limits.messageBytes, caps),
    connect(caller, transport, outlet, end) {
      let peer: LegacyPeer | undefined;
      let modern: ModernPeer | undefined;
      const endClient = (reason: string): void => {
        connection.interrupt(reason);
        end(reason);
      };
      const connection = createConnection(outlet, {
        legacy: () => {
          peer = legacy(caller, transport);
          subscriptions.add(peer);
          clients.opened(peer, transport, endClient);
          return peer;
        },
        modern: () => {
          modern = new ModernPeer(parts, methods, caller, transport, { callsPerClient: () => limits.callsPerClient });
          clients.opened(modern, transport, endClient);
          return modern;
        },
        tooManyFaults: () => end('too many invalid messages'),
      });
      const open = { caller, connection, end };
      connections.add(open);
      return {
        ...connection,
        close(reason) {
          connections.delete(open);
          if (peer) subscriptions.remove(peer);
          for (const closed of [peer, modern]) if (closed) clients.closed(closed);
          connection.close(reason);
        },
      };
    },
    streamable,
    call(tool, bytes, client, waitMs, caller, outlet) {
      const peer = new ModernPeer(parts, methods, caller, 'api', { waitMs });
      plainCall(peer, tool, bytes, gateway.tracing ? client : { name: client.name }, caps, outlet);
      return toPending(peer);
    },
    hasProfile: gateway.hasProfile,
    sessions: () => sessions.size,
    clients,
    applyLimits: sessions.applyLimits,
    revoke(isGone, error) {
      sessions.revoke(isGone, error);
      suspendedCalls.revoke(isGone, error);
      endConnections(isGone, error);
      for (const listener of listeners) listener(isGone, error);
      gateway.forget(isGone);
    },
    expire(isExpired, error) {
      subscriptions.endOf(isExpired);
      endConnections(isExpired, error);
    },
    onRevoked: (listener) => void listeners.push(listener),
    onClientEnded: (listener) => void endListeners.push(listener),
    endStreams() {
      subscriptions.close();
      events.close();
    },
    close() {
      suspendedCalls.close();
      subscriptions.close();
      events.close();
      triggers.close();
      sessions.close();
    },
  };
}
