import { toDouble } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { INTERNAL } from './messages.ts';

/** Tracks whether the server answered the SDK's first request on a connection. */
export class Handshake {
  readonly #id: JsonValue;
  readonly #method: string;
  #isAnswered = false;

  private constructor(id: JsonValue, method: string) {
    this.#id = id;
    this.#method = method;
  }

  /** Returns undefined if the body is a different message. */
  static of(body: string): Handshake | undefined {
    const { id, method } = JSON.parse(body) as { readonly id?: JsonValue; readonly method?: string };
    return id !== undefined && (method === 'initialize' || method === 'server/discover') ? new Handshake(id, method) : undefined;
  }

  /** Checks a message before the SDK gets it. */
  note(message: unknown): void {
    this.#isAnswered ||= isJsonObject(message) && message.method === undefined && toDouble(message.id) === this.#id;
  }

  /** The error that the SDK gets when an HTTP response ends without the answer. Without it, the SDK would wait until its timeout. */
  get missing(): JsonObject[] {
    if (this.#isAnswered) return [];
    return [{ jsonrpc: '2.0', id: this.#id, error: { code: INTERNAL, message: `the server did not answer ${this.#method}` } }];
  }
}
