import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import type { Host } from '../../../src/core/contract/host.ts';
import type { Program } from '../../../src/core/contract/process.ts';
import type { GatewayError } from '../../../src/core/errors.ts';
import { toJsonText } from '../../../src/core/json/exact-number.ts';
import { VastError } from '../../../src/core/json/vast.ts';
import type { Logger } from '../../../src/core/log.ts';
import { createLineSplitter } from '../../../src/core/text/lines.ts';
import { wellFormedJson } from '../../../src/core/text/well-formed.ts';
import { networkVariables } from '../../../src/host/network/proxy.ts';
import { createOutput } from '../../../src/host/process/output.ts';
import type { LocalServer } from '../entry.ts';
import { parseMessageLine } from '../lists/nulls.ts';
import type { Guard } from './guard.ts';
import { tooLarge, unreadable } from './messages.ts';

const ENDS = 256;
const OPEN_OBJECT = 123;
const NEWLINE = Buffer.from('\n');

/** Events of a stdio transport besides messages. */
export interface LineEvents {
  /** A message is invalid or exceeds the limit. `head` and `tail` are its ends. */
  lost(error: GatewayError, head: string, tail: string): void;
  /** The program exited. */
  gone(why: string): void;
  /** The gateway is about to stop the program. */
  ending(): void;
}

/** Transport to a server process: one JSON message a line on stdin and stdout. */
export class LineTransport implements Transport {
  readonly keepsNumbers = true;
  readonly #server: LocalServer;
  readonly #host: Host;
  readonly #log: Logger;
  readonly #events: LineEvents;
  readonly #guard: Guard;
  readonly #printed: (line: Buffer) => void;
  #program: Program | undefined;
  #queue = '';
  onmessage: Transport['onmessage'];
  onclose: Transport['onclose'];
  onerror: Transport['onerror'];

  constructor(server: LocalServer, host: Host, log: Logger, events: LineEvents, guard: Guard) {
    this.#server = server;
    this.#host = host;
    this.#log = log;
    this.#events = events;
    this.#guard = guard;
    this.#printed = createOutput(log, host.limits).feed('stdout');
  }

  async start(): Promise<void> {
    const { command, args, cwd, proxy, plugin } = this.#server;
    const env = { ...networkVariables({ own: proxy, top: this.#host.proxy }, this.#server.env), ...this.#server.env };
    const program = this.#host.spawn({ command, args, cwd, env, log: this.#log, plugin });
    this.#program = program;
    const limit = 2 * this.#host.limits.resultBytes + 64 * 1024;
    const split = createLineSplitter(limit, {
      line: this.#guard.callback((line: Buffer) => this.#receive(line)),
      tooLong: () => undefined,
      skipped: (head, tail) => this.#events.lost(tooLarge(limit), head.toString('latin1'), tail.toString('latin1')),
    });
    program.stdout.on('data', this.#guard.callback(split));
    const ended = this.#guard.callback((why: string) => {
      this.#events.gone(why);
      this.onclose?.();
    });
    this.#guard.background(program.exited.then(ended));
  }

  get pid(): number | undefined {
    return this.#program?.pid;
  }

  /** Bytes that the program has not read yet. */
  get waiting(): number {
    return (this.#program?.stdin.writableLength ?? 0) + this.#queue.length;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.write(message);
  }

  /** Batches the messages of one event-loop tick into one write. */
  write(message: JSONRPCMessage): void {
    if (this.#queue === '') process.nextTick(this.#flush);
    this.#queue += `${wellFormedJson(toJsonText(message))}\n`;
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

  #receive(line: Buffer): void {
    if (line.length === 0) return;
    let message: unknown;
    try {
      message = parseMessageLine(line);
    } catch (error) {
      const isVast = error instanceof VastError;
      if (isVast || line[0] === OPEN_OBJECT)
        this.#events.lost(unreadable(error), line.toString('latin1', 0, ENDS), line.toString('latin1', Math.max(0, line.length - ENDS)));
      if (isVast) return;
    }
    if (typeof message === 'object' && message !== null) {
      for (const one of Array.isArray(message) ? message : [message]) this.onmessage?.(one as JSONRPCMessage);
    } else {
      // Non-JSON output is logged, not answered: two peers that answer each other's errors would never stop.
      this.#printed(Buffer.concat([line, NEWLINE]));
    }
  }
}
