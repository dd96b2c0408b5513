import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import type { Host, Program } from '../../src/core/host.ts';
import { parseText } from '../../src/core/json-text.ts';
import { createLineSplitter } from '../../src/core/lines.ts';
import type { Logger } from '../../src/core/log.ts';
import { escapeHidden, shorten } from '../../src/core/text.ts';
import { wellFormedJson } from '../../src/core/well-formed.ts';
import type { LocalServer } from './entry.ts';

const SHOWN = 2_000;

/** What a transport of ours tells besides messages. */
export interface LineEvents {
  /** A message was longer than the limit and is lost; `about` are its first and last characters. */
  lost(about: string): void;
  /** The program has ended. */
  gone(why: string): void;
  /** It is about to be ended from this side. */
  ending(): void;
}

/** Speaks to a program of ours over its stdin and stdout, one message a line. */
export class LineTransport implements Transport {
  readonly #server: LocalServer;
  readonly #host: Host;
  readonly #log: Logger;
  readonly #events: LineEvents;
  #program: Program | undefined;
  #queue = '';
  onmessage: Transport['onmessage'];
  onclose: Transport['onclose'];
  onerror: Transport['onerror'];

  constructor(server: LocalServer, host: Host, log: Logger, events: LineEvents) {
    this.#server = server;
    this.#host = host;
    this.#log = log;
    this.#events = events;
  }

  async start(): Promise<void> {
    const { command, args, cwd, env } = this.#server;
    const program = this.#host.spawn({ command, args, cwd, env, log: this.#log });
    this.#program = program;
    const split = createLineSplitter(2 * this.#host.limits.resultBytes + 64 * 1024, {
      line: (line) => this.#hear(line),
      tooLong: () => undefined,
      skipped: (head, tail) => this.#events.lost(`${head.toString('latin1')} ${tail.toString('latin1')}`),
    });
    program.stdout.on('data', split);
    void program.gone.then((why) => {
      this.#events.gone(why);
      this.onclose?.();
    });
  }

  get pid(): number | undefined {
    return this.#program?.pid;
  }

  /** Bytes the program has not taken yet. */
  get waiting(): number {
    return (this.#program?.stdin.writableLength ?? 0) + this.#queue.length;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.write(message);
  }

  /** Messages that one event of the loop leads to leave in one write. */
  write(message: JSONRPCMessage): void {
    if (this.#queue === '') process.nextTick(this.#flush);
    this.#queue += `${wellFormedJson(JSON.stringify(message))}\n`;
  }

  readonly #flush = (): void => {
    const text = this.#queue;
    this.#queue = '';
    const stdin = this.#program?.stdin;
    if (stdin && !stdin.destroyed && !stdin.writableEnded) stdin.write(text);
  };

  kill(reason: string): void {
    this.#program?.kill(reason);
  }

  async close(): Promise<void> {
    this.#events.ending();
    this.#flush();
    await this.#program?.stop();
  }

  #hear(line: Buffer): void {
    if (line.length === 0) return;
    let message: unknown;
    try {
      message = parseText(line.toString());
    } catch {
      // Whoever prints on the protocol's channel is not answered: two that answer each other's errors never stop.
      this.#log.info(shorten(escapeHidden(line.toString()), SHOWN), { stream: 'stdout' });
      return;
    }
    for (const one of Array.isArray(message) ? message : [message]) {
      if (typeof one === 'object' && one !== null) this.onmessage?.(one as JSONRPCMessage);
    }
  }
}
