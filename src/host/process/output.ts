import type { Readable } from 'node:stream';
import type { ProgramLaunch } from '../../core/contract/program-runtime.ts';
import { thrownText } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { createLineSplitter } from '../../core/text/lines.ts';
import { escapeForTerminal, shorten } from '../../core/text/text.ts';
import { PANIC } from './diagnose.ts';

const LINE_LIMIT = 16 * 1024;
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colour codes start with one
const COLOURS = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

type StreamName = 'stdout' | 'stderr';

/** Parses an output line of a format's program. */
export type ReadLine = NonNullable<ProgramLaunch['output']>;

/** Output of a plugin process: always drained, logged at a limited rate, with its end kept. */
export interface Output {
  drain(stream: Readable, name: StreamName): void;
  /** Returns a sink for chunks of a stream that arrive another way. */
  feed(name: StreamName): (chunk: Buffer) => void;
  /** Counts a line that the process logs another way; false if it exceeds the rate. */
  admits(): boolean;
  /** The last lines of stderr, oldest first. */
  tail(lines: number): string[];
}

/** How much of stderr is kept, and how many lines per second are logged; lines above are only counted. */
export interface OutputLimits {
  readonly stderrBytes: number;
  readonly stderrLinesPerSecond: number;
}

/** Creates the output of one process. */
export function createOutput(log: Logger, limits: OutputLimits, readLine?: ReadLine): Output {
  const kept: string[] = [];
  let size = 0;
  let second = 0;
  let inSecond = 0;
  let dropped = 0;

  // An error of the format's parser must not stop the draining.
  const readAs: ReadLine = (text, name, isCut) => {
    try {
      return readLine?.(text, name, isCut);
    } catch (error) {
      log.debug(`a line of its output could not be read: ${thrownText(error)}`);
      return undefined;
    }
  };

  const record = (text: string, name: StreamName, head?: string): void => {
    const read = readAs(head ?? text, name, head !== undefined);
    if (read === null) return;
    if (name === 'stderr') {
      kept.push(text);
      size += text.length;
      while (size > limits.stderrBytes && kept.length > 1) size -= (kept.shift() as string).length;
    }
    const shown = head === undefined ? read?.text : undefined;
    if (admits()) log[read?.level ?? (name === 'stderr' ? 'warn' : 'info')](shown ?? text, { stream: name });
  };

  const admits = (): boolean => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      if (dropped > 0) log.warn(`${dropped} lines of output were not logged: over ${limits.stderrLinesPerSecond} a second`);
      second = now;
      inSecond = 0;
      dropped = 0;
    }
    if (++inSecond <= limits.stderrLinesPerSecond) return true;
    dropped++;
    return false;
  };

  const clean = (line: Buffer): string => shorten(escapeForTerminal(line.toString().replace(COLOURS, '')), LINE_LIMIT);

  const feed = (name: StreamName): ((chunk: Buffer) => void) =>
    createLineSplitter(LINE_LIMIT, {
      line(line) {
        const text = clean(line);
        if (text.trim() !== '') record(text, name);
      },
      tooLong: (head) => record(`(a line over ${LINE_LIMIT} bytes)`, name, clean(head)),
    });

  return {
    drain(stream, name) {
      stream.on('data', feed(name));
      stream.on('error', () => undefined);
    },
    feed,
    admits,
    tail(lines) {
      // A Go program prints the cause of a panic first, then a long stack trace.
      const panic = kept.findLastIndex((line) => PANIC.test(line));
      const last = kept.slice(-lines);
      return panic < 0 || panic >= kept.length - lines ? last : [kept[panic] as string, ...last.slice(1)];
    },
  };
}
