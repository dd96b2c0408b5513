import { createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { isatty, WriteStream } from 'node:tty';
import { localCaller } from '../core/contract/caller.ts';
import { deferred } from '../core/deferred.ts';
import type { Logger } from '../core/log.ts';
import { createLineSplitter } from '../core/text/lines.ts';
import type { Engine } from '../mcp/engine.ts';
import type { Frame } from '../mcp/wire/outlet.ts';

/** The limits of this transport. */
export interface StdioLimits {
  readonly messageBytes: number;
  readonly queuedBytes: number;
  readonly drainMs: number;
}

/** A client on stdin and stdout. */
export interface StdioTransport {
  /**
   * Resolves when stdout is closed, or when stdin has ended and every reply has been written. `broken`: one of the two streams
   * failed; the error is logged.
   */
  readonly ended: Promise<'done' | 'broken'>;
  /** Resolves when the first message has been written to the client. */
  readonly answered: Promise<void>;
  /** Resolves if stdin ends after that, when the client is leaving. A file or pipe with all requests ends before. */
  readonly leaving: Promise<void>;
  /** Stops reading, waits for calls in flight, writes the queue. */
  drain(): Promise<void>;
  /** Stops reading and cancels the calls in flight, for a client that no longer reads. */
  abandon(reason: string): void;
}

/** Bytes kept of both ends of a line over the limit, to find the id there. */
const KEPT_BYTES = 4096;
/** How long an interrupted call may take to reply. */
const INTERRUPTED_MS = 500;
const NEWLINE = Buffer.from('\n');

/** Serves one client on stdin and stdout. From here on, all other output to stdout goes to stderr. */
export function serveStdio(engine: Engine, limits: StdioLimits, profile: string, log: Logger): StdioTransport {
  const output = claimStdout();
  const input = process.stdin;
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

  const connection = engine.connect(localCaller(profile), 'stdio', { write }, () => end());
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

  const split = createLineSplitter(
    () => limits.messageBytes,
    {
      line: (line) => {
        if (!isBlank(line)) connection.receive(engine.read(line));
      },
      skipped: (head, tail) => connection.receive(engine.readCut(head, tail)),
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
  input.on('error', (error) => {
    log.error(`Standard input cannot be read: ${error.message}.`);
    end('broken');
  });
  // The client no longer reads, so end the connection.
  output.on('error', (error: NodeJS.ErrnoException) => {
    const isFault = error.code !== 'EPIPE';
    if (isFault) log.error(`Standard output cannot be written: ${error.message}.`);
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

// A new stream on descriptor 1: process.stdout writes to pipes synchronously and would block on a slow reader.
function claimStdout(): Writable {
  const output = openStdout();
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  return output;
}

function openStdout(): Writable {
  if (isatty(1)) return new WriteStream(1);
  const stat = fstatSync(1);
  return stat.isFIFO() || stat.isSocket()
    ? new Socket({ fd: 1, readable: false, writable: true })
    : createWriteStream('', { fd: 1, autoClose: false });
}
