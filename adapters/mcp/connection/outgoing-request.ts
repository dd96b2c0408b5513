import type { CallContext } from '../../../src/core/contract/tool.ts';
import type { GatewayError } from '../../../src/core/errors.ts';
import type { ExactNumber } from '../../../src/core/json/exact-number.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import type { Pending } from './shared-transport.ts';

/** The part of a session that a request uses. */
interface Connection {
  /** Called when the request ends. Returns the rejected server request that caused its failure, if any. */
  ended(id: number, ctx: CallContext | undefined, failed: boolean): GatewayError | undefined;
  classifyFailure(thrown: Error, ofCall: boolean): Error;
  readonly modern: boolean;
}

/** A request in flight. A class with methods instead of closures, because there is one for each call. */
export class OutgoingRequest implements Pending {
  readonly #connection: Connection;
  readonly #id: number;
  readonly #ctx: CallContext | undefined;
  readonly #resolve: (result: JsonObject) => void;
  readonly #reject: (error: Error) => void;
  settled = false;
  timer: NodeJS.Timeout | undefined;

  constructor(
    connection: Connection,
    id: number,
    ctx: CallContext | undefined,
    resolve: (result: JsonObject) => void,
    reject: (error: Error) => void,
  ) {
    this.#connection = connection;
    this.#id = id;
    this.#ctx = ctx;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  progress({ progress, total, message }: JsonObject): void {
    this.#ctx?.progress(
      progress as number | ExactNumber,
      (total as number | ExactNumber | null) ?? undefined,
      (message as string | null) ?? undefined,
    );
  }

  resolve(result: JsonObject): void {
    // The older revisions do not allow null here, but some serializers write every member.
    if (result.structuredContent === null && !this.#connection.modern) delete result.structuredContent;
    const refused = this.#end(result.isError === true);
    if (refused) this.#reject(refused);
    else this.#resolve(result);
  }

  reject(thrown: Error): void {
    const refused = this.#end(true);
    this.#reject(refused ?? this.#connection.classifyFailure(thrown, this.#ctx !== undefined));
  }

  #end(failed: boolean): GatewayError | undefined {
    this.settled = true;
    clearTimeout(this.timer);
    return this.#connection.ended(this.#id, this.#ctx, failed);
  }
}
