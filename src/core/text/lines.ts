const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** Callbacks of a line splitter. */
export interface LineHandlers {
  /** A complete line, without its line ending. */
  line(line: Buffer): void;
  /** A line has exceeded the limit; `head` is its beginning. */
  tooLong?(head: Buffer): void;
  /** The line that exceeded the limit has ended. */
  skipped?(head: Buffer, tail: Buffer): void;
}

/**
 * Splits a byte stream into lines. A line over `limit` bytes is reported as soon as it exceeds the limit, and skipped up
 * to its newline. `kept`: bytes of the beginning and of the end of a skipped line that are reported.
 */
export function createLineSplitter(limit: number | (() => number), handlers: LineHandlers, kept = 256): (chunk: Buffer) => void {
  const isOver = (bytes: number): boolean => bytes > (typeof limit === 'number' ? limit : limit());
  let parts: Buffer[] = [];
  let held = 0;
  let skipping: { readonly head: Buffer; tail: Buffer } | undefined;

  const skip = (chunk: Buffer): void => {
    if (skipping) skipping.tail = tailOf([skipping.tail, chunk], kept);
    else {
      skipping = { head: headOf([...parts, chunk], kept), tail: tailOf([...parts, chunk], kept) };
      handlers.tooLong?.(skipping.head);
    }
  };

  const emit = (last: Buffer): void => {
    if (skipping || isOver(held + last.length)) {
      skip(last);
      const { head, tail } = skipping as { head: Buffer; tail: Buffer };
      handlers.skipped?.(head, tail);
      skipping = undefined;
    } else {
      const line = held === 0 ? last : Buffer.concat([...parts, last]);
      handlers.line(line[line.length - 1] === CARRIAGE_RETURN ? line.subarray(0, -1) : line);
    }
    parts = [];
    held = 0;
  };

  return (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      emit(chunk.subarray(from, at));
      from = at + 1;
    }
    if (from === chunk.length) return;
    const rest = chunk.subarray(from);
    if (skipping || isOver(held + rest.length)) {
      skip(rest);
      parts = [];
      held = 0;
      return;
    }
    parts.push(rest);
    held += rest.length;
  };
}

function headOf(parts: readonly Buffer[], kept: number): Buffer {
  return Buffer.concat(parts.slice(0, kept).map((part) => part.subarray(0, kept))).subarray(0, kept);
}

function tailOf(parts: readonly Buffer[], kept: number): Buffer {
  return Buffer.concat(parts.slice(-kept).map((part) => part.subarray(-kept))).subarray(-kept);
}
