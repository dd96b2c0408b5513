import type { Readable, Writable } from 'node:stream';
import { GatewayError } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import { createLineSplitter } from '../../core/text/lines.ts';
import { CONTROL, type CutLine, type GatewayNotice, toControl } from '../../core/window/handshake.ts';
import { type Id, RPC } from '../../mcp/wire/wire.ts';
import { type Link, readSession } from './link.ts';
import { createOpenRequests } from './open-requests.ts';
import { whileStopped } from './while-stopped.ts';

/** The streams of a window's client, and what it reports to its user. */
export interface WindowParts {
  readonly input: Readable;
  readonly output: Writable;
  /** Connects to a gateway again, starting one if none runs. Rejects with the reason if that fails. */
  relink(): Promise<Link>;
  report(text: string): void;
}

/** One `plugmux stdio` that passes the lines of its client to a gateway and back. */
export interface Window {
  /** Resolves when the session is over. */
  readonly ended: Promise<void>;
  /** Ends the session after the calls in flight. */
  end(): void;
}

const CHANGED = ['tools', 'prompts', 'resources'].map((what) => `{"jsonrpc":"2.0","method":"notifications/${what}/list_changed"}\n`);
const KEPT_BYTES = 4096;
/** How many lines wait for the next gateway while nothing needs it. */
const MAX_WAITING = 1_000;
/** Lines of a gateway are as long as results may be. */
const MAX_GATEWAY_LINE = 1024 * 1024 * 1024;

/** Passes lines between a client and the gateway of `first`; goes on with another gateway if that one is lost. */
export function openWindow(first: Link, { input, output, relink, report }: WindowParts): Window {
  const requests = createOpenRequests();
  let link: Link | undefined;
  let messageBytes = 0;
  let linking: Promise<void> | undefined;
  let clientEnded = false;
  let moved = true;
  let waiting: (Buffer | string)[] = [];
  let over: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });

  const toClient = (text: string | Buffer): void => {
    if (output.destroyed) return;
    if (typeof text === 'string') output.write(text);
    else {
      output.cork();
      output.write(text);
      output.write('\n');
      output.uncork();
    }
    // Stop reading from the gateway until the client has read.
    const { socket } = link ?? {};
    if (output.writableNeedDrain && socket && !socket.isPaused()) {
      socket.pause();
      output.once('drain', () => socket.resume());
    }
  };

  const toGateway = (text: string | Buffer): void => {
    const { socket } = link as Link;
    socket.write(text);
    if (typeof text !== 'string') socket.write('\n');
    if (socket.writableNeedDrain && !input.isPaused()) {
      input.pause();
      socket.once('drain', () => input.resume());
    }
  };

  const refuse = (ids: readonly Id[], reason: string): void => {
    for (const id of ids) toClient(`${lostReply(id, reason)}\n`);
  };

  const use = (next: Link): void => {
    link = next;
    // Until it says otherwise, a gateway that ends was killed, and another one is started at once.
    moved = true;
    if (next.answer.ok) {
      ({ messageBytes } = next.answer);
      if (next.answer.warning !== undefined) report(next.answer.warning);
    }
    let isOver = false;
    const lost = (): void => {
      if (isOver) return;
      isOver = true;
      next.socket.destroy();
      link = undefined;
      // A client that has left gets no more replies.
      if (clientEnded) return over();
      refuse(requests.lose(), 'The gateway ended before it replied; the call may have run.');
      input.resume();
      if (moved || requests.greets()) void reconnect();
    };
    readSession(next, MAX_GATEWAY_LINE, (line) => {
      if (line[0] === CONTROL) notice(line);
      else if (requests.fromGateway(line)) toClient(line);
    });
    next.socket.on('end', () => (clientEnded ? undefined : lost()));
    next.socket.on('close', lost);
    next.socket.on('error', lost);
  };

  const notice = (line: Buffer): void => {
    const told = JSON.parse(line.subarray(1).toString()) as GatewayNotice;
    if ('warning' in told) report(told.warning);
    else moved = told.bye === 'moved';
  };

  const flush = (): void => {
    const lines = waiting;
    waiting = [];
    for (const line of lines) toGateway(line);
    input.resume();
  };

  const reconnect = (): Promise<void> => {
    linking ??= relink()
      .then(
        (next) => {
          use(next);
          for (const line of requests.replay(waiting)) toGateway(line);
          if (requests.introduced()) for (const line of CHANGED) toClient(line);
          flush();
          if (clientEnded) next.socket.end();
        },
        (error: Error) => {
          report(`no gateway can be reached: ${error.message}`);
          waiting = [];
          refuse(requests.lose(), `No gateway can be reached: ${error.message}`);
          input.resume();
          if (clientEnded) over();
        },
      )
      .finally(() => {
        linking = undefined;
      });
    return linking;
  };

  const answerPings = (ids: readonly Id[]): void => {
    for (const id of ids) toClient(`${toJsonText({ jsonrpc: '2.0', id: id as JsonValue, result: {} })}\n`);
    requests.replied(ids);
  };

  const send = (line: Buffer): void => {
    if (link) return toGateway(line);
    const waits = moved || linking ? 'starts' : whileStopped(line);
    if (typeof waits === 'object') return answerPings(waits.pings);
    waiting.push(line);
    if (waits === 'waits') {
      if (waiting.length > MAX_WAITING) waiting.shift();
      return;
    }
    input.pause();
    void reconnect();
  };

  const split = createLineSplitter(
    () => messageBytes,
    {
      line(line) {
        // A line of the client that begins like a control line is no JSON either way.
        if (line[0] === CONTROL) line = Buffer.concat([Buffer.from(' \u0000'), line.subarray(1)]);
        if (requests.fromClient(line)) send(line);
      },
      skipped(head, tail) {
        const cut: CutLine = { head: head.toString('base64'), tail: tail.toString('base64') };
        if (link) return toGateway(toControl(cut));
        waiting.push(toControl(cut));
        void reconnect();
      },
    },
    KEPT_BYTES,
  );
  const end = (): void => {
    if (clientEnded) return;
    clientEnded = true;
    if (link) link.socket.end();
    else if (!linking) over();
  };

  use(first);
  input.on('data', split);
  input.on('end', () => {
    split(Buffer.from('\n'));
    end();
  });
  input.on('error', end);
  output.on('error', () => {
    clientEnded = true;
    link?.socket.destroy();
    over();
  });
  return { ended, end };
}

function lostReply(id: Id, reason: string): string {
  const error = new GatewayError('GATEWAY_LOST', reason);
  const data = error.toObject() as JsonObject;
  return toJsonText({ jsonrpc: '2.0', id: id as JsonValue, error: { code: RPC.internal, message: error.message, data } });
}
