import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Limits } from '../config/limits.ts';
import type { Caller } from '../core/contract/caller.ts';
import type { Connection } from '../mcp/connection.ts';
import type { Engine } from '../mcp/engine.ts';
import { HttpError } from './edge/http-error.ts';
import { sendRaw } from './raw-reply.ts';
import type { Route } from './router.ts';
import { checkUpgrade } from './upgrade.ts';

/** The subprotocol of MCP over WebSocket. */
const SUBPROTOCOL = 'mcp';
const PING_MS = 15_000;
/** A peer that leaves this many pings in a row unanswered, for 45 s in all, is disconnected. */
const MAX_UNANSWERED = 3;
const CLOSE = { normal: 1000, goingAway: 1001, unsupported: 1003, policy: 1008, tooBig: 1009, overloaded: 1013 } as const;
/** How long a client may take to answer the close frame after its login is revoked. */
const CUT_MS = 500;

/** The response to a request without an upgrade. */
export const upgradeRoute: Route = {
  GET() {
    throw new HttpError(426, 'INVALID_REQUEST', 'This address is for WebSocket: send an upgrade request.', {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
    });
  },
};

/** WebSocket connections, both eras. One message per text frame; cancellation and subscriptions as on stdio. */
export interface WebSocketTransport {
  /** Answers an upgrade request, with an error if it is not valid. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Number of pending replies. */
  pendingCount(): number;
  /** Ends the calls in flight, each with a reply. */
  interrupt(reason: string): void;
  /** Number of open connections. */
  open(): number;
  /** Closes every connection. */
  close(): void;
}

/** Creates the transport. `admit` returns the caller of a request, or throws HttpError before the upgrade. */
export function createWebSocket(engine: Engine, limits: Limits, admit: (request: IncomingMessage) => Caller): WebSocketTransport {
  const open = new Map<WebSocket, Connection>();
  const unanswered = new WeakMap<WebSocket, number>();
  let server: WebSocketServer | undefined;
  const pings = setInterval(() => {
    for (const socket of open.keys()) {
      const count = unanswered.get(socket) ?? 0;
      unanswered.set(socket, count + 1);
      // No close handshake: such a peer would not answer it either.
      if (count >= MAX_UNANSWERED) socket.terminate();
      else if (socket.readyState === socket.OPEN) socket.ping();
    }
  }, PING_MS).unref();

  const serve = (socket: WebSocket, raw: Duplex, caller: Caller): void => {
    let corked = false;
    const write = (bytes: string | Buffer): void => {
      // Replies of one turn of the event loop are sent together.
      if (!corked) {
        corked = true;
        raw.cork();
        setImmediate(() => {
          corked = false;
          raw.uncork();
        });
      }
      socket.send(bytes, { binary: false });
      if (socket.bufferedAmount + raw.writableLength > limits.queuedBytes) {
        end(CLOSE.overloaded, 'the client does not read');
        socket.terminate();
      }
    };
    // No reply can follow a close frame, so the calls in flight end with it.
    const end = (code: number, reason: string): void => {
      socket.close(code, reason);
      connection.close(reason);
    };
    const connection = engine.connect(
      caller,
      'websocket',
      { write: ({ bytes }) => bytes !== undefined && socket.readyState === socket.OPEN && write(bytes) },
      (reason) => {
        end(CLOSE.policy, reason);
        setTimeout(() => socket.terminate(), CUT_MS).unref();
      },
    );
    open.set(socket, connection);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      // Messages that the client sent before it received the close frame still arrive.
      if (socket.readyState !== socket.OPEN) return;
      if (isBinary) end(CLOSE.unsupported, 'text frames only');
      // A reload may have lowered the limit since the connection was opened.
      else if (data.length > limits.messageBytes) end(CLOSE.tooBig, 'the message is too large');
      else connection.receive(engine.read(data));
    });
    socket.on('pong', () => unanswered.delete(socket));
    // The library closes the connection after an invalid frame; without a listener, the error would end the gateway.
    socket.on('error', (error) => connection.close(error.message));
    socket.on('close', () => {
      open.delete(socket);
      connection.close('the client closed the connection');
    });
  };

  return {
    upgrade(request, socket, head) {
      socket.on('error', () => undefined);
      try {
        const caller = admit(request);
        checkUpgrade(request, SUBPROTOCOL);
        server ??= createServer();
        server.options.maxPayload = limits.messageBytes;
        server.handleUpgrade(request, socket, head, (upgraded) => serve(upgraded, socket, caller));
      } catch (error) {
        refuse(socket, error instanceof HttpError ? error : new HttpError(500, 'INTERNAL', 'The gateway failed on this request.'));
      }
    },
    open: () => open.size,
    pendingCount: () => [...open.values()].reduce((sum, connection) => sum + connection.pendingCount(), 0),
    interrupt(reason) {
      for (const connection of open.values()) connection.interrupt(reason);
    },
    close() {
      clearInterval(pings);
      for (const [socket, connection] of open) {
        connection.close('the gateway is shutting down');
        socket.close(CLOSE.goingAway, 'the gateway is shutting down');
      }
    },
  };
}

// Loaded with the first connection, since most gateways never get one.
function createServer(): WebSocketServer {
  const { WebSocketServer: Server } = createRequire(import.meta.url)('ws') as typeof import('ws');
  const server = new Server({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  // The library would answer with its own HTML page.
  server.on('wsClientError', ({ message }, socket) => refuse(socket, new HttpError(400, 'INVALID_REQUEST', `${message}.`)));
  return server;
}

/** Answers an upgrade request with an error. */
export function refuse(socket: Duplex, refusal: HttpError): void {
  sendRaw(socket, refusal.status, refusal.toRpc(), refusal.headers);
}
