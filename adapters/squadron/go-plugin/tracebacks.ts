import { setTimeout as sleep } from 'node:timers/promises';

const HEADER = /Application error$/;
const TRACEBACK = 'Traceback (most recent call last):';
const CHAINED = /^(The above exception was the direct cause|During handling of the above exception)/;
// What a plugin logs beside: by logging's own format, with the time in front, or as JSON.
const LOGGED =
  /^(?:(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)[: ]|\[(?:TRACE|DEBUG|INFO|WARN|ERROR)\]|\d{4}-\d\d-\d\d[T ]\d\d:|\{"@)/;
const MOST_LINES = 100;
const WAIT_MS = 300;
const SETTLE_MS = 15;
const MOST = 32;

/** Finds the messages of failed calls in what a Python plugin prints: over its connection it only says that a call failed. */
export interface Tracebacks {
  /** Takes one line of stderr. */
  line(text: string): void;
  /** The message of the failure whose report comes next, or undefined where none comes. */
  next(): Promise<string | undefined>;
}

interface Report {
  lines: string[];
  /** Whether the exception's own line has come; what follows belongs to its message. */
  named: boolean;
}

/** Every failed call is reported once, in the order of the failures: reports are handed out in the order in which they came. */
export function createTracebacks(): Tracebacks {
  const done: Report[] = [];
  let open: Report | undefined;
  let started = false;
  let turn: Promise<unknown> = Promise.resolve();

  const take = async (): Promise<string | undefined> => {
    const until = performance.now() + WAIT_MS;
    for (;;) {
      const report = done[0];
      if (report) {
        let size = 0;
        while (size !== report.lines.length) {
          size = report.lines.length;
          await sleep(SETTLE_MS);
        }
        done.shift();
        if (open === report) open = undefined;
        return toMessage(report.lines);
      }
      if (performance.now() >= until) return undefined;
      await sleep(5);
    }
  };

  return {
    line(text) {
      if (HEADER.test(text)) {
        started = true;
        open = undefined;
      } else if (text === TRACEBACK) {
        if (open?.named) {
          // A chain of exceptions ends with the one that the caller met.
          open.lines = [];
          open.named = false;
        } else if (started) open = { lines: [], named: false };
        started = false;
      } else if (open?.named && (LOGGED.test(text) || open.lines.length >= MOST_LINES)) {
        open = undefined;
      } else if (open && !CHAINED.test(text) && (open.named || !/^\s/.test(text))) {
        if (!open.named && !done.includes(open)) done.push(open);
        open.named = true;
        open.lines.push(text);
        if (done.length > MOST) done.shift();
      }
    },
    next() {
      const mine = turn.then(take);
      turn = mine;
      return mine;
    },
  };
}

function toMessage(lines: readonly string[]): string {
  const [first = '', ...rest] = lines;
  return [first.replace(/^(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_]\w*(:|$))/, ''), ...rest].join('\n');
}
