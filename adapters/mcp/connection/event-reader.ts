/** One event of an SSE stream. Absent fields are undefined. */
export interface ServerEvent {
  readonly data: string | undefined;
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly retry: string | undefined;
}

/** Callbacks of an event reader. */
export interface EventHandlers {
  event(event: ServerEvent): void;
  /** Called when an event exceeds the limit; it will be skipped. */
  tooLong(): void;
  /** Called when the skipped event ends, with its first and last characters. */
  skipped(head: string, tail: string): void;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const KEPT = 256;
const BYTE_ORDER_MARK = '\ufeff';

/** Splits a byte stream into SSE events. Skips an event over `limit` bytes, regardless of its number of lines. */
export class EventReader {
  readonly #limit: number;
  readonly #handlers: EventHandlers;
  /** The unfinished line. */
  #parts: Buffer[] = [];
  /** Bytes of the unfinished event. */
  #held = 0;
  #skipped: { readonly head: string; tail: Buffer } | undefined;
  #data: string[] = [];
  #event: string | undefined;
  #id: string | undefined;
  #retry: string | undefined;
  #afterReturn = false;
  #started = false;

  constructor(limit: number, handlers: EventHandlers) {
    this.#limit = limit;
    this.#handlers = handlers;
  }

  push(chunk: Buffer): void {
    let from = 0;
    // A carriage return ends a line. A line feed right after it, even in the next chunk, belongs to it.
    const returns = this.#afterReturn || chunk.includes(CARRIAGE_RETURN);
    for (let at = this.#nextEnd(chunk, 0, returns); at >= 0; at = this.#nextEnd(chunk, from, returns)) {
      if (!(this.#afterReturn && at === from && chunk[at] === LINE_FEED)) this.#endLine(chunk.subarray(from, at));
      this.#afterReturn = chunk[at] === CARRIAGE_RETURN;
      from = at + 1;
    }
    if (from === chunk.length) return;
    this.#afterReturn = false;
    this.#hold(chunk.subarray(from));
  }

  #nextEnd(chunk: Buffer, from: number, returns: boolean): number {
    const feed = chunk.indexOf(LINE_FEED, from);
    if (!returns) return feed;
    const back = chunk.indexOf(CARRIAGE_RETURN, from);
    return back < 0 || (feed >= 0 && feed < back) ? feed : back;
  }

  #hold(part: Buffer): void {
    this.#held += part.length;
    if (this.#skipped) this.#skipped.tail = tailOf([this.#skipped.tail, part]);
    else if (this.#held > this.#limit) this.#skip(part);
    else this.#parts.push(part);
  }

  #skip(part: Buffer): void {
    const line = [...this.#parts, part];
    const head =
      this.#data[0] ??
      Buffer.concat(line.slice(0, KEPT))
        .subarray(0, 2 * KEPT)
        .toString()
        .replace(/^data: ?/, '');
    this.#skipped = { head: head.slice(0, KEPT), tail: tailOf(line) };
    this.#parts = [];
    this.#data = [];
    this.#handlers.tooLong();
  }

  #endLine(last: Buffer): void {
    const empty = last.length === 0 && this.#parts.length === 0 && (this.#skipped === undefined || this.#lineIsEmpty());
    if (empty) return this.#endEvent();
    this.#hold(last);
    if (this.#skipped) {
      this.#skipped.tail = tailOf([this.#skipped.tail, Buffer.from('\n')]);
      return;
    }
    const line = (this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts)).toString();
    this.#parts = [];
    // Keep-alive comments never end an event, so they must not count towards its size.
    if (line.startsWith(':')) this.#held -= Buffer.byteLength(line);
    else this.#field(this.#started ? line : line.replace(BYTE_ORDER_MARK, ''));
    this.#started = true;
  }

  #lineIsEmpty(): boolean {
    return this.#skipped?.tail.at(-1) === LINE_FEED;
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1);
    switch (name) {
      case 'data':
        this.#data.push(value);
        return;
      case 'event':
        this.#event = value;
        return;
      case 'id':
        this.#id = value;
        return;
      case 'retry':
        this.#retry = value;
    }
  }

  #endEvent(): void {
    const [data, event, id, retry, skipped] = [this.#data, this.#event, this.#id, this.#retry, this.#skipped];
    this.#data = [];
    this.#event = this.#id = this.#retry = this.#skipped = undefined;
    this.#held = 0;
    if (skipped) this.#handlers.skipped(skipped.head, skipped.tail.toString().trimEnd());
    else if (data.length > 0 || id !== undefined || retry !== undefined)
      this.#handlers.event({ data: data.length > 0 ? data.join('\n') : undefined, event, id, retry });
  }
}

function tailOf(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.map((part) => part.subarray(-2 * KEPT))).subarray(-2 * KEPT);
}
