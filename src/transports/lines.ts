import type { Readable, Writable } from 'node:stream';
import type { Caller } from '../core/contract/caller.ts';
import { deferred } from '../core/deferred.ts';
import type { Logger } from '../core/log.ts';
import { createLineSplitter } from '../core/text/lines.ts';
import type { Engine } from '../mcp/engine.ts';
import type { Frame } from '../mcp/wire/outlet.ts';

/** The limits of a connection by lines. */
export interface LineLimits {
  readonly messageBytes: number;
  readonly queuedBytes: number;
  readonly drainMs: number;
}

/** A client that sends and receives one message per line. */
export interface LineConnection {
  /**
   * Resolves when the output is closed, or when the input has ended and every reply has been written. `broken`: one of the two
   * streams failed; the error is logged.
   */
  readonly ended: Promise<'done' | 'broken'>;
  /** Resolves when the first message has been written to the client. */
  readonly answered: Promise<void>;
  /** Resolves if the input ends after that, when the client is leaving. A file or pipe with all requests ends before. */
  readonly leaving: Promise<void>;
  /** Stops reading, waits for calls in flight, writes the queue. */
  drain(): Promise<void>;
  /** Stops reading and cancels the calls in flight, for a client that no longer reads. */
  abandon(reason: string): void;
}

/** The streams of a connection, with the names that errors give them. */
export interface LineStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly names: { readonly input: string; readonly output: string };
  /** Takes a line that is not a message; false if it is one. */
  control?(line: Buffer, receiveCut: (head: Buffer, tail: Buffer) => void): boolean;
}

/** Bytes kept of both ends of a line over the limit, to find the id there. */
const KEPT_BYTES = 4096;
/** The longest line between a window and its gateway: both ends of a line over the limit. */
const MAX_CONTROL_BYTES = 16 * 1024;
/** How long an interrupted call may take to reply. */
const INTERRUPTED_MS = 500;
const NEWLINE = Buffer.from('\n');

/** Serves one client that sends and receives lines. */
export function serveLines(engine: Engine, limits: LineLimits, caller: Caller, streams: LineStreams, log: Logger): LineConnection {
  const { input, output, names, control } = streams;
  let end: (how?: 'broken') => void = () => undefined;
  const ended = new Promise<'done' | 'broken'>((resolve) => {
    end = (how) => resolve(how ?? 'done');
  });

  const answered = deferred();
  const leaving = deferred();
  let hasAnswered = false;
  let queue: (string | Buffer)[] = [];
  const flush = (): void => {
    const parts = queue;
    queue = [];
    answered.resolve();
    hasAnswered = true;
    if (output.destroyed) return;
    output.cork();
    let text = '';
    for (const part of parts) {
      if (typeof part === 'string') text += `${part}\n`;
      else {
        output.write(`${text}`);
        output.write(part);
        text = '\n';
      }
    }
    output.write(text);
    output.uncork();
    // Stop reading from a client until it has read its replies.
    if (output.writableLength > limits.queuedBytes && !input.isPaused()) {
      input.pause();
      output.once('drain', () => input.resume());
    }
  };
  const write = ({ bytes }: Frame): void => {
    if (bytes === undefined) return;
    if (queue.length === 0) setImmediate(flush);
    queue.push(bytes);
  };

  const onLost = (listener: () => void): void => void leaving.promise.then(listener);
  const connection = engine.connect(caller, 'stdio', { write, onLost }, () => end());
  const repliesBy = async (until: number): Promise<void> => {
    while (connection.pendingCount() > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const finish = async (): Promise<void> => {
    const until = performance.now() + limits.drainMs;
    connection.endStreams();
    await new Promise((resolve) => setImmediate(resolve));
    await repliesBy(until);
    // Calls that did not finish in time are answered with an error, which is written too.
    connection.interrupt('The gateway is shutting down.');
    await repliesBy(performance.now() + INTERRUPTED_MS);
    await new Promise((resolve) => setImmediate(resolve));
    connection.close('the connection has ended');
    await new Promise<void>((resolve) => {
      if (output.destroyed) return resolve();
      output.end(() => resolve());
      output.once('close', () => resolve());
      setTimeout(resolve, limits.drainMs).unref();
    });
  };

  const receiveCut = (head: Buffer, tail: Buffer): void => connection.receive(engine.readCut(head, tail));
  const split = createLineSplitter(
    () => limits.messageBytes + (control ? MAX_CONTROL_BYTES : 0),
    {
      line: (line) => {
        if (!isBlank(line) && !control?.(line, receiveCut)) connection.receive(engine.read(line));
      },
      skipped: receiveCut,
    },
    KEPT_BYTES,
  );
  input.on('data', split);
  input.on('end', () => {
    // The last line of a file need not end with a newline.
    split(NEWLINE);
    if (hasAnswered) leaving.resolve();
    void finish().then(() => end());
  });
  input.on('error', (error: NodeJS.ErrnoException) => {
    // The error of a socket is one of both directions.
    if (input === (output as unknown)) return;
    log.error(`${names.input} cannot be read: ${error.message}.`);
    end('broken');
  });
  // The client no longer reads, so end the connection.
  output.on('error', (error: NodeJS.ErrnoException) => {
    const isFault = error.code !== 'EPIPE' && error.code !== 'ECONNRESET';
    if (isFault) log.error(`${names.output} cannot be written: ${error.message}.`);
    connection.close('the client closed its end');
    end(isFault ? 'broken' : undefined);
  });

  return {
    ended,
    answered: answered.promise,
    leaving: leaving.promise,
    async drain() {
      input.pause();
      await finish();
    },
    abandon(reason) {
      input.pause();
      connection.close(reason);
      end();
    },
  };
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const BLANK: ReadonlySet<number> = new Set([0x20, 0x09]);

// Only spaces and tabs, with or without a byte order mark.
function isBlank(line: Buffer): boolean {
  const marked = line[0] === BYTE_ORDER_MARK[0] && line[1] === BYTE_ORDER_MARK[1] && line[2] === BYTE_ORDER_MARK[2];
  for (let at = marked ? BYTE_ORDER_MARK.length : 0; at < line.length; at++) if (!BLANK.has(line[at] as number)) return false;
  return true;
}
