import { setTimeout as sleep } from 'node:timers/promises';

// A timeout of the tool's own goes by another word than every other failure.
const HEADER = /(?:Application error|Timeout occurred)$/;
const TRACEBACK = /^(?: {2}\+ Exception Group )?Traceback \(most recent call last\):$/;
// Groups of exceptions are drawn as a tree: its margin, and the lines between its branches.
const MARGIN = /^ +[|+] ?/;
const BRANCH = /^ +\+[-+]+ (?:\d+|\.\.\.) -+$/;
const LAST = /^ +\+-+$/;
const IN_GROUP = /^(?:Exception Group )?Traceback \(most recent call last\):$/;
const CHAINED = /^(The above exception was the direct cause|During handling of the above exception)/;
// What a plugin logs beside: by logging's own format, with the time in front, or as JSON.
const LOGGED =
  /^(?:(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)[: ]|\[(?:TRACE|DEBUG|INFO|WARN|ERROR)\]|\d{4}-\d\d-\d\d[T ]\d\d:|\{"@)/;
const MAX_LINES = 100;
const WAIT_MS = 300;
const SETTLE_MS = 15;
const MAX_ENTRIES = 32;

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
  /** Whether it was the cause of another one, which comes next. */
  chained: boolean;
  /** Whether it is drawn as a tree. */
  group: boolean;
}

/** Every failed call is reported once, in the order of the failures: reports are handed out in the order in which they came. */
export function createTracebacks(): Tracebacks {
  const done: Report[] = [];
  let open: Report | undefined;
  let started = false;
  let turn: Promise<unknown> = Promise.resolve();

  const add = (report: Report, text: string): void => {
    if (report.group && LAST.test(text)) return;
    const line = report.group ? text.replace(MARGIN, '') : text;
    // What each branch begins with is named by itself.
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
        // A chain of exceptions ends with the one that the caller met.
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
