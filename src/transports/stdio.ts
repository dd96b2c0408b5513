import { Socket } from 'node:net';
import { localCaller } from '../core/caller.ts';
import { createLineSplitter } from '../core/lines.ts';
import type { Engine } from '../mcp/engine.ts';
import type { Frame } from '../mcp/outlet.ts';
import { tooLarge } from '../mcp/wire.ts';

/** The limits of this transport. */
export interface StdioLimits {
  readonly messageBytes: number;
  readonly queuedBytes: number;
  readonly drainMs: number;
}

/** A client on stdin and stdout. */
export interface StdioTransport {
  /** Settles when the client has gone, or asks for nothing more: its stdin has ended and what it is owed is paid. */
  readonly ended: Promise<void>;
  /** Stops reading, waits for calls in flight, writes what is queued. */
  drain(): Promise<void>;
}

/**
 * Serves one client on stdin and stdout. From here on stdout is the protocol's alone: whatever else prints goes to
 * stderr.
 */
export function serveStdio(engine: Engine, limits: StdioLimits, profile: string): StdioTransport {
  const output = claimStdout();
  const input = process.stdin;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });

  let queue: (string | Buffer)[] = [];
  const flush = (): void => {
    const parts = queue;
    queue = [];
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
    // A reader that has fallen behind is not read from until it has caught up.
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
  const finish = async (): Promise<void> => {
    const until = performance.now() + limits.drainMs;
    connection.endStreams();
    await new Promise((resolve) => setImmediate(resolve));
    while (connection.owed() > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
    // What did not end in time is answered too, and the answer is written.
    connection.interrupt('The gateway is shutting down.');
    await new Promise((resolve) => setImmediate(resolve));
    connection.close('the connection has ended');
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        if (output.destroyed || output.writableLength === 0) return resolve();
        output.once('drain', resolve);
        setTimeout(resolve, limits.drainMs).unref();
      });
    });
  };

  const split = createLineSplitter(() => limits.messageBytes, {
    line: (line) => {
      if (!isBlank(line)) connection.receive(engine.read(line));
    },
    tooLong: () => connection.receive(tooLarge(limits.messageBytes)),
  });
  input.on('data', split);
  input.on('end', () => void finish().then(end));
  input.on('error', () => end());
  // Nobody reads any more: there is nothing left to serve.
  output.on('error', () => {
    connection.close('the client closed its end');
    end();
  });

  return {
    ended,
    async drain() {
      input.pause();
      await finish();
    },
  };
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x09) return false;
  return true;
}

// A socket of our own on descriptor 1: Node's own stdout writes to pipes synchronously and would block on a slow reader.
function claimStdout(): Socket {
  const output = new Socket({ fd: 1, readable: false, writable: true });
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  return output;
}
