import { toDouble } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { INTERNAL } from './messages.ts';

/** The SDK's request with which a connection begins, and whether it was answered. */
export class Handshake {
  readonly #id: JsonValue;
  readonly #method: string;
  #isAnswered = false;

  private constructor(id: JsonValue, method: string) {
    this.#id = id;
    this.#method = method;
  }

  /** Undefined where the body is another message. */
  static of(body: string): Handshake | undefined {
    const { id, method } = JSON.parse(body) as { readonly id?: JsonValue; readonly method?: string };
    return id !== undefined && (method === 'initialize' || method === 'server/discover') ? new Handshake(id, method) : undefined;
  }

  /** Sees a message that the SDK gets. */
  note(message: unknown): void {
    this.#isAnswered ||= isJsonObject(message) && message.method === undefined && toDouble(message.id) === this.#id;
  }

  /** What the SDK gets at the end of an HTTP answer without one: it would wait for it until its time is up. */
  get missing(): JsonObject[] {
    if (this.#isAnswered) return [];
    return [{ jsonrpc: '2.0', id: this.#id, error: { code: INTERNAL, message: `the server did not answer ${this.#method}` } }];
  }
}
