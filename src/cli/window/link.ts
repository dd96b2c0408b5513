import { connect as openSocket, type Socket } from 'node:net';
import { createLineSplitter } from '../../core/text/lines.ts';
import { type Answer, createNonce, type Hello, isProof, MAX_HANDSHAKE, PROOF_MS, proofOf, toLine } from '../../core/window/handshake.ts';

/** How long a gateway may take until it is ready to serve a window, in milliseconds. */
const READY_MS = 30_000;

/** A connection to a gateway that has proved itself. */
export interface Link {
  readonly socket: Socket;
  readonly answer: Answer;
  /** Bytes that arrived after the answer. */
  readonly rest: Buffer;
}

/** What a program asks of a gateway. */
export type Ask = Pick<Hello, 'ask' | 'window'>;

/**
 * Connects to the gateway on a socket. Undefined if nothing listens there; throws if what listens does not prove within a
 * second that it knows the key of the state folder.
 */
export async function openLink(path: string, key: Buffer, ask: Ask): Promise<Link | undefined> {
  const socket = await reach(path);
  if (!socket) return undefined;
  const nonce = createNonce();
  const lines = readLines(socket);
  try {
    const greeting = parse(await within(PROOF_MS, lines.next()));
    const theirs = String(greeting.nonce);
    socket.write(toLine({ ...ask, nonce, proof: proofOf(key, 'window', theirs, nonce) }));
    const { proof } = parse(await within(PROOF_MS, lines.next()));
    if (!isProof(proof, proofOf(key, 'gateway', theirs, nonce))) throw new Error('it does not know the key of the state folder');
    const answer = parse(await within(READY_MS, lines.next())) as unknown as Answer;
    return { socket, answer, rest: lines.rest() };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function reach(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = openSocket({ path, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

interface Lines {
  next(): Promise<string>;
  /** Ends the reading by lines; the bytes that were not taken. */
  rest(): Buffer;
}

// Reads byte by byte only what it is asked for, since the lines after the handshake belong to the session.
function readLines(socket: Socket): Lines {
  let held: Buffer = Buffer.alloc(0);
  let wake: () => void = () => undefined;
  let failure: Error | undefined;
  const onData = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk]);
    if (held.length > MAX_HANDSHAKE) failure = new Error('its answer is too long');
    wake();
  };
  const onEnd = (): void => {
    failure ??= new Error('it closed the connection');
    wake();
  };
  socket.on('data', onData);
  socket.on('close', onEnd);
  socket.on('end', onEnd);
  socket.on('error', onEnd);
  return {
    async next() {
      for (;;) {
        const at = held.indexOf(10);
        if (at >= 0) {
          const line = held.toString('utf8', 0, at);
          held = held.subarray(at + 1);
          return line;
        }
        if (failure) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    rest() {
      socket.off('data', onData);
      socket.off('close', onEnd);
      socket.off('end', onEnd);
      socket.pause();
      return held;
    },
  };
}

function parse(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new Error('its answer is not an object');
  return value as Record<string, unknown>;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not answer within ${ms} ms`)), ms);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads the lines of a session; `take` gets each without its line feed. */
export function readSession(link: Link, limit: number, take: (line: Buffer) => void): void {
  const split = createLineSplitter(limit, { line: take });
  if (link.rest.length > 0) split(link.rest);
  link.socket.on('data', split);
  link.socket.resume();
}
