const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** What a line splitter calls: one whole line without its ending, or once for a line longer than the limit. */
export interface LineHandlers {
  line(line: Buffer): void;
  tooLong(): void;
}

/**
 * Cuts a byte stream into lines. Chunks of an unfinished line are kept as a list and joined once; a line over `limit`
 * bytes is reported as soon as the limit is passed, skipped to its newline, and the stream goes on.
 */
export function createLineSplitter(limit: number, handlers: LineHandlers): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let held = 0;
  let skipping = false;

  const emit = (last: Buffer): void => {
    if (skipping) {
      skipping = false;
      return;
    }
    if (held + last.length > limit) handlers.tooLong();
    else {
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
    if (from === chunk.length || skipping) return;
    const rest = chunk.subarray(from);
    if (held + rest.length > limit) {
      parts = [];
      held = 0;
      skipping = true;
      handlers.tooLong();
      return;
    }
    parts.push(rest);
    held += rest.length;
  };
}
