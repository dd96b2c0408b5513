import type { Sender } from './channel-peer.ts';
import { CALLS, STARTS } from './grpc-answers.mjs';
import { serveGrpc } from './grpc-server.mjs';
import { mutated, type Template } from './messages.ts';

const ODD_EVERY = 20;

/** A gRPC peer on a socket, correct except for the reply it is given to send next, and sometimes during its start. */
export class GrpcPeer implements Sender {
  readonly id: string;
  readonly path: string;
  readonly #server: { close(): void };
  readonly #starts: Iterator<string>;
  #asked = -ODD_EVERY;
  #line: string | undefined;
  /** Ends the connection of the worker that uses it. */
  startAgain: () => void = () => undefined;

  constructor(id: string, path: string, odd: boolean) {
    this.id = id;
    this.path = path;
    this.#starts = odd ? endless(STARTS) : [][Symbol.iterator]();
    this.#server = serveGrpc(path, (method) => this.#answerTo(method));
  }

  close(): void {
    this.#server.close();
  }

  messages(count: number, seed: number): Iterable<string> {
    return mutated(CALLS, count, seed);
  }

  load(line: string): void {
    this.#line = line;
  }

  get loaded(): boolean {
    return this.#line !== undefined;
  }

  #answerTo(method: string): string | undefined {
    if (method !== '/plugin.ToolPlugin/Call') return this.#odd();
    const line = this.#line;
    this.#line = undefined;
    return line;
  }

  #odd(): string | undefined {
    return ++this.#asked > 0 && this.#asked % 5 === 0 ? (this.#starts.next().value as string | undefined) : undefined;
  }
}

function* endless(templates: readonly Template[]): Generator<string> {
  for (let seed = 1; ; seed++) yield* mutated(templates, 500, seed);
}
