import { chmodSync, rmSync } from 'node:fs';
import { createServer, connect as openSocket, type Server, type Socket } from 'node:net';
import { localCaller } from '../../core/contract/caller.ts';
import { isJsonObject } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import { createLineSplitter } from '../../core/text/lines.ts';
import {
  type Answer,
  createNonce,
  type GatewayFacts,
  type Hello,
  isProof,
  MAX_HANDSHAKE,
  PROOF_MS,
  proofOf,
  toControl,
  toLine,
} from '../../core/window/handshake.ts';
import type { WindowPlace } from '../../core/window/place.ts';
import type { Engine } from '../../mcp/engine.ts';
import { type LineConnection, type LineLimits, serveLines } from '../lines.ts';
import { readControl } from './window-control.ts';

/** The gateway as its windows need it. */
export interface WindowGateway {
  readonly engine: Engine;
  readonly limits: LineLimits;
  facts(): Omit<GatewayFacts, 'windows'>;
  /** Whether this gateway can serve a window, once it is ready. */
  admit(window: NonNullable<Hello['window']>): Promise<Extract<Answer, { ok: false }> | { readonly warning?: string }>;
  /** The address of the console, opened if need be; undefined if it is switched off. */
  console(): Promise<string | undefined>;
  /** Another program asks the gateway to end; returns why it does not. */
  asked(what: 'stop' | 'takeover'): string | undefined;
}

/** The windows of a gateway: `plugmux stdio` programs that pass their client's messages on. */
export interface Windows {
  count(): number;
  /** Shows a warning in every window. */
  warn(text: string): void;
  /** Stops listening and ends the sessions of all windows after their calls. */
  end(why: 'moved' | 'stopped'): Promise<void>;
}

/**
 * Takes the socket of a place; undefined if another gateway listens there. The caller holds the lock of
 * the place, whose folder exists.
 */
export async function takeSocket(place: WindowPlace): Promise<Server | undefined> {
  if (await answers(place.socket)) return undefined;
  rmSync(place.socket, { force: true });
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(place.socket, resolve);
  });
  chmodSync(place.socket, 0o600);
  return server;
}

/** Serves the windows that connect to a socket. `ready` settles when the gateway can serve. */
export function serveWindows(server: Server, key: Buffer, ready: Promise<WindowGateway>, log: Logger): Windows {
  const sessions = new Map<Socket, LineConnection>();

  const attach = async (socket: Socket, { window }: Hello): Promise<void> => {
    const gateway = await ready;
    const admitted = window === undefined ? ({ ok: false, reason: 'it named no configuration' } as const) : await gateway.admit(window);
    if (socket.destroyed) return;
    if ('ok' in admitted || window === undefined) {
      socket.end(toLine(admitted));
      return;
    }
    const { engine, limits } = gateway;
    const facts = { ...gateway.facts(), windows: sessions.size + 1 };
    socket.write(toLine({ ok: true, facts, messageBytes: limits.messageBytes, ...admitted } satisfies Answer));
    const names = { input: 'A window', output: 'A window' };
    const connection = serveLines(
      engine,
      limits,
      localCaller(window.profile),
      { input: socket, output: socket, names, control: readControl },
      log,
    );
    // Reading by lines has listened, but a paused stream stays paused.
    socket.resume();
    sessions.set(socket, connection);
    socket.on('close', () => connection.abandon('the window has closed'));
    await connection.ended;
    sessions.delete(socket);
    socket.destroySoon();
  };

  const tellConsole = async (socket: Socket, gateway: WindowGateway): Promise<void> => {
    const address = await gateway.console();
    const facts = { ...gateway.facts(), windows: sessions.size };
    const { messageBytes } = gateway.limits;
    const told: Answer =
      address === undefined ? { ok: false, reason: 'it is switched off' } : { ok: true, facts, messageBytes, console: address };
    socket.end(toLine(told));
  };

  const answer = async (socket: Socket, hello: Hello): Promise<void> => {
    if (hello.ask === 'window') return attach(socket, hello);
    const gateway = await ready;
    if (hello.ask === 'console') return tellConsole(socket, gateway);
    const refusal = hello.ask === 'status' ? undefined : gateway.asked(hello.ask);
    const facts = { ...gateway.facts(), windows: sessions.size };
    socket.end(
      toLine(refusal === undefined ? { ok: true, facts, messageBytes: gateway.limits.messageBytes } : { ok: false, reason: refusal }),
    );
  };

  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    greet(socket, key, (hello) => {
      void answer(socket, hello).catch((error: Error) => {
        log.warn(`a window could not be served: ${error.message}`);
        socket.end(toLine({ ok: false, reason: error.message }));
      });
    });
  });

  return {
    count: () => sessions.size,
    warn(text) {
      for (const socket of sessions.keys()) socket.write(toControl({ warning: text }));
    },
    async end(why) {
      server.close();
      await Promise.all(
        [...sessions].map(async ([socket, connection]) => {
          socket.write(toControl({ bye: why }));
          await connection.drain();
          socket.destroy();
        }),
      );
    },
  };
}

// Only the owner can enter the folder; the proof also keeps out programs in a sandbox that shares the folder but not the key.
function greet(socket: Socket, key: Buffer, take: (hello: Hello) => void): void {
  const nonce = createNonce();
  const timer = setTimeout(() => socket.destroy(), PROOF_MS).unref();
  socket.write(toLine({ nonce }));
  const read = createLineSplitter(MAX_HANDSHAKE, {
    tooLong: () => socket.destroy(),
    line(line) {
      clearTimeout(timer);
      socket.off('data', onData);
      const hello = parseHello(line);
      if (!hello || !isProof(hello.proof, proofOf(key, 'window', nonce, hello.nonce))) {
        socket.destroy();
        return;
      }
      socket.write(toLine({ proof: proofOf(key, 'gateway', nonce, hello.nonce) }));
      // A window sends nothing more before the answer.
      socket.pause();
      take(hello);
    },
  });
  const onData = (chunk: Buffer): void => read(chunk);
  socket.on('data', onData);
}

function parseHello(line: Buffer): Hello | undefined {
  try {
    const value: unknown = JSON.parse(line.toString());
    if (!isJsonObject(value) || typeof value.nonce !== 'string') return undefined;
    return ['window', 'status', 'stop', 'takeover', 'console'].includes(String(value.ask)) ? (value as unknown as Hello) : undefined;
  } catch {
    return undefined;
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openSocket(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
