import { setTimeout as sleep } from 'node:timers/promises';

// Timeouts have a different header than other failures.
const HEADER = /(?:Application error|Timeout occurred)$/;
const TRACEBACK = /^(?: {2}\+ Exception Group )?Traceback \(most recent call last\):$/;
// Exception groups are printed as a tree: margins, and lines between branches.
const MARGIN = /^ +[|+] ?/;
const BRANCH = /^ +\+[-+]+ (?:\d+|\.\.\.) -+$/;
const LAST = /^ +\+-+$/;
const IN_GROUP = /^(?:Exception Group )?Traceback \(most recent call last\):$/;
const CHAINED = /^(The above exception was the direct cause|During handling of the above exception)/;
// Other log lines: Python logging's format, with a leading time, or JSON.
const LOGGED =
  /^(?:(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)[: ]|\[(?:TRACE|DEBUG|INFO|WARN|ERROR)\]|\d{4}-\d\d-\d\d[T ]\d\d:|\{"@)/;
const MAX_LINES = 100;
const WAIT_MS = 300;
const SETTLE_MS = 15;
const MAX_ENTRIES = 32;

/** Finds the error messages of failed calls in a Python plugin's stderr; gRPC only reports that a call failed. */
export interface Tracebacks {
  /** Processes one line of stderr. */
  line(text: string): void;
  /** Returns the error message of the next report, or undefined if none arrives. */
  next(): Promise<string | undefined>;
}

interface Report {
  lines: string[];
  /** Whether the line with the exception's name has been read; the rest is its message. */
  named: boolean;
  /** Whether it is the cause of another exception, which follows. */
  chained: boolean;
  /** Whether it is printed as a tree. */
  group: boolean;
}

/** Each failed call has one report, in the order of failures, so reports are returned in that order. */
export function createTracebacks(): Tracebacks {
  const done: Report[] = [];
  let open: Report | undefined;
  let started = false;
  let turn: Promise<unknown> = Promise.resolve();

  const add = (report: Report, text: string): void => {
    if (report.group && LAST.test(text)) return;
    const line = report.group ? text.replace(MARGIN, '') : text;
    // Each branch starts with its own exception.
    if (report.group && (BRANCH.test(text) || IN_GROUP.test(line))) report.named = false;
    else if (report.named) report.lines.push(line);
    else if (!/^\s/.test(line)) {
      report.named = true;
      report.lines.push(withoutModule(line));
      if (!done.includes(report)) done.push(report);
      if (done.length > MAX_ENTRIES) done.shift();
    }
  };

  const take = async (): Promise<string | undefined> => {
    const until = performance.now() + WAIT_MS;
    for (;;) {
      const report = done[0];
      if (report) {
        let size = 0;
        while (size !== report.lines.length || (!report.named && performance.now() < until)) {
          size = report.lines.length;
          await sleep(SETTLE_MS);
        }
        done.shift();
        if (open === report) open = undefined;
        return report.lines.join('\n');
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
      } else if (TRACEBACK.test(text) && (started || open?.chained)) {
        // Chained exceptions are printed oldest first; the caller received the last.
        open = Object.assign(started ? {} : (open ?? {}), { lines: [], named: false, chained: false, group: text.startsWith(' ') });
        started = false;
      } else if (open?.named && (LOGGED.test(text) || open.lines.length >= MAX_LINES)) {
        open = undefined;
      } else if (open?.named && CHAINED.test(text)) {
        open.chained = true;
      } else if (open) add(open, text);
    },
    next() {
      const mine = turn.then(take);
      turn = mine;
      return mine;
    },
  };
}

function withoutModule(line: string): string {
  return line.replace(/^(?:(?:[A-Za-z_]\w*|<locals>)\.)+(?=[A-Za-z_]\w*(:|$))/, '');
}
