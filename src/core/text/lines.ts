const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** What a line splitter calls: one whole line without its ending, or once, with its beginning, for a line longer than the limit. */
export interface LineHandlers {
  line(line: Buffer): void;
  tooLong?(head: Buffer): void;
  /** That line has ended; what it began and ended with. */
  skipped?(head: Buffer, tail: Buffer): void;
}

/**
 * Cuts a byte stream into lines. Chunks of an unfinished line are kept as a list and joined once; a line over `limit`
 * bytes is reported as soon as the limit is passed, skipped to its newline, and the stream goes on. `kept`: how many bytes
 * of a skipped line's beginning and of its end are kept.
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
