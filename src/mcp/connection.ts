import { GatewayError } from '../core/errors.ts';
import type { LegacyPeer } from './legacy/legacy-peer.ts';
import type { ModernPeer } from './modern/modern-peer.ts';
import { hasEnvelope } from './wire/envelope.ts';
import type { Outlet } from './wire/outlet.ts';
import type { Fault, Incoming, Message } from './wire/wire.ts';
import { RPC } from './wire/wire.ts';

/** After this many invalid messages in a row the connection ends. Two peers that answer each other's faults would never stop. */
const MAX_FAULTS = 100;

/** A client on a dedicated connection: stdio or a WebSocket. Its first message decides the era. */
export interface Connection {
  receive(incoming: Incoming): void;
  /** Number of requests without a reply. */
  pendingCount(): number;
  /** Ends the listen streams, which would stay open otherwise. */
  endStreams(): void;
  /** Cancels the calls that are running; each gets a reply with the reason. */
  interrupt(reason: string): void;
  /** The caller lost its access: answers all pending requests with the error at once. */
  revoke(error: GatewayError): void;
  close(reason: string): void;
}

/** Creates the peer of either era when it is first needed. */
export interface ConnectionParts {
  legacy(): LegacyPeer;
  modern(): ModernPeer;
  /** The client sent too many invalid messages: the connection should end. */
  tooManyFaults(): void;
}

/** A connection whose replies go to `outlet`. */
export function createConnection(outlet: Outlet, parts: ConnectionParts): Connection {
  let legacy: LegacyPeer | undefined;
  let modern: ModernPeer | undefined;
  let probing = true;
  let faults = 0;
  let revoked = false;

  const toLegacy = (): LegacyPeer => {
    if (!legacy) {
      legacy = parts.legacy();
      legacy.channel = outlet;
    }
    return legacy;
  };

  const peerFor = (message: Message): LegacyPeer | ModernPeer => {
    if (message.kind === 'response') return legacy ?? modern ?? toLegacy();
    if (legacy) return legacy;
    // A client that only probed and then sends `initialize` is a legacy client. It may not wait for the reply to its probe.
    const handshake = message.method === 'initialize' && !hasEnvelope(message);
    if (handshake && (probing || modern?.replies.size === 0)) return toLegacy();
    if (!modern && !hasEnvelope(message)) return toLegacy();
    if (message.kind === 'request' && message.method !== 'server/discover') probing = false;
    modern ??= parts.modern();
    return modern;
  };

  const refuse = (fault: Fault): void => {
    (legacy ?? modern ?? parts.modern()).refuse(fault, outlet);
    if (++faults >= MAX_FAULTS) parts.tooManyFaults();
  };

  return {
    receive(incoming) {
      if (revoked) return;
      if (incoming.kind === 'fault') return refuse(incoming);
      if (incoming.kind !== 'batch') {
        faults = 0;
        return peerFor(incoming).receive(incoming, outlet);
      }
      if (legacy?.receiveBatch(incoming.items, outlet)) return;
      const error = new GatewayError('INVALID_REQUEST', 'Batches exist in revision 2025-03-26 only.');
      refuse({
        kind: 'fault',
        id: null,
        number: RPC.request,
        code: error.code,
        message: error.message,
      });
    },
    pendingCount: () => (legacy?.replies.size ?? 0) + (modern?.replies.size ?? 0),
    endStreams: () => modern?.replies.endStreams(),
    interrupt(reason) {
      legacy?.interrupt(reason);
      modern?.interrupt(reason);
    },
    revoke(error) {
      revoked = true;
      legacy?.revoke(error);
      modern?.revoke(error);
    },
    close(reason) {
      legacy?.close(reason);
      modern?.close(reason);
    },
  };
}
