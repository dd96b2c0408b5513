import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type Answer, type Exchange, type Player, stateIn, steady } from './exchange.ts';

const PATIENCE_MS = 3_000;
/** Replies without a tool have arrived within this time. */
const QUIET_MS = 20;

type Message = { readonly id?: unknown; readonly method?: unknown };

/** A server on a stream of lines. Its reply is everything before the reply to one more request, whose id the player sets. */
export class LinePlayer implements Player {
  readonly #input: Writable;
  readonly #closing: (id: string) => object;
  #count = 0;
  #state = '';
  #messages: Message[] = [];
  #heard: () => void = () => undefined;

  /** `closing` creates the request that both servers always answer. */
  constructor(input: Writable, output: Readable, closing: (id: string) => object) {
    this.#input = input;
    this.#closing = closing;
    createInterface({ input: output }).on('line', (line) => {
      this.#messages.push(JSON.parse(line) as Message);
      this.#heard();
    });
  }

  async play({ body }: Exchange): Promise<Answer> {
    const text = body.replaceAll('$state', this.#state);
    const closing = `closing ${++this.#count}`;
    const owed = owedBy(text);
    this.#messages = [];
    this.#input.write(`${text}\n${JSON.stringify(this.#closing(closing))}\n`);
    await this.#replies([closing, ...owed]);
    if (owed.length === 0) await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const messages = this.#messages.filter(({ id }) => id !== closing);
    this.#state = stateIn(messages) ?? this.#state;
    return { status: 200, kind: 'lines', opened: false, messages: messages.map(steady) };
  }

  #replies(ids: readonly unknown[]): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, PATIENCE_MS);
      this.#heard = () => {
        if (!ids.every((id) => this.#messages.some((message) => message.id === id && message.method === undefined))) return;
        clearTimeout(late);
        resolve();
      };
    });
  }
}

/** The id of the pending reply to a valid request. */
function owedBy(text: string): unknown[] {
  try {
    const { jsonrpc, id, method, params = {} } = JSON.parse(text) as { jsonrpc: unknown; id: unknown; method: unknown; params?: unknown };
    const good = jsonrpc === '2.0' && typeof method === 'string' && typeof params === 'object' && params !== null && !Array.isArray(params);
    return good && (typeof id === 'string' || Number.isSafeInteger(id)) ? [id] : [];
  } catch {
    return [];
  }
}
