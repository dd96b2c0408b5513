import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';

const BLOCK = 64 * 1024;
const NAME = /^\d{4}-\d\d-\d\d\.jsonl$/;

/** The day files of an audit folder, the oldest first. Throws if the folder exists but cannot be read. */
export function listDayFiles(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
      .filter((name) => NAME.test(name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The lines of a file in order, including a last line without line feed. */
export function* readLines(dir: string, name: string): Generator<string> {
  const fd = openSync(join(dir, name), 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const block = Buffer.allocUnsafe(BLOCK);
      const read = readSync(fd, block, 0, BLOCK, null);
      if (read === 0) break;
      rest = Buffer.concat([rest, block.subarray(0, read)]);
      let from = 0;
      for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10, from)) {
        yield rest.toString('utf8', from, at);
        from = at + 1;
      }
      rest = rest.subarray(from);
    }
    if (rest.length > 0) yield rest.toString();
  } finally {
    closeSync(fd);
  }
}

/** The lines of a file, newest first. Reads blocks from the end. */
export function* readLinesBackwards(dir: string, name: string): Generator<string> {
  const fd = openSync(join(dir, name), 'r');
  try {
    let end = fstatSync(fd).size;
    // Parts of a line that begins in an earlier block, in order.
    let tail: Buffer[] = [];
    while (end > 0) {
      const start = Math.max(0, end - BLOCK);
      const block = Buffer.alloc(end - start);
      readSync(fd, block, 0, block.length, start);
      end = start;
      let upTo = block.length;
      for (let at = block.lastIndexOf(10); at >= 0; at = upTo === 0 ? -1 : block.lastIndexOf(10, upTo - 1)) {
        const line = Buffer.concat([block.subarray(at + 1, upTo), ...tail]).toString();
        tail = [];
        if (line !== '') yield line;
        upTo = at;
      }
      tail.unshift(block.subarray(0, upTo));
    }
    const first = Buffer.concat(tail).toString();
    if (first !== '') yield first;
  } finally {
    closeSync(fd);
  }
}

/** The record of a line; undefined if the line is not a JSON object. */
export function parseLine(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
