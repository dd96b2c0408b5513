import { join } from 'node:path';
import type { JsonObject } from '../../../core/json/json.ts';
import { listDayFiles, parseLine, readLinesBackwards } from '../../../gateway/audit/audit-files.ts';
import type { RecentCall } from '../../../gateway/stats/recent-calls.ts';
import type { CallLine, Page } from '../types.ts';

/** Lines of audit files that one request reads at most. */
const MAX_READ = 5_000;

/** A call of the ring as the page shows it. */
export function toCallLine(call: RecentCall): CallLine {
  return call as CallLine;
}

/** Where a page of audit files begins: at lines from this time, after the line of this run and number. */
interface Mark {
  readonly time: number;
  readonly run?: string;
  readonly seq?: number;
}

/** The mark of the lines before a time. */
export function markBefore(time: number): string {
  return `file:${time}`;
}

/** The mark in a text; undefined if it is none. */
export function readMark(text: string): Mark | undefined {
  const [, time, , run, seq] = /^file:(\d{1,16})(:([0-9a-f]{1,32}):(\d{1,16}))?$/.exec(text) ?? [];
  if (time === undefined) return undefined;
  return { time: Number(time), ...(run === undefined ? {} : { run, seq: Number(seq) }) };
}

/** Calls in audit files, newest first. A page may hold fewer than `limit` although `next` is set. */
export function readCalls(state: string, { time, run, seq }: Mark, wanted: (call: CallLine) => boolean, limit: number): Page<CallLine> {
  const items: CallLine[] = [];
  let read = 0;
  let isAfter = run === undefined;
  for (const line of newestFirst(join(state, 'audit'), time)) {
    const { time: at, run: ofRun, seq: number } = line;
    if (typeof at !== 'number' || at > time || (run === undefined && at === time)) continue;
    if (!isAfter) {
      isAfter = ofRun === run && number === seq;
      continue;
    }
    const call = toCall(line);
    if (call && wanted(call)) items.push(call);
    if (++read >= MAX_READ || items.length >= limit) return { items, next: `file:${at}:${String(ofRun)}:${String(number)}` };
  }
  return { items };
}

function* newestFirst(dir: string, time: number): Generator<JsonObject> {
  const day = `${new Date(time).toISOString().slice(0, 10)}.jsonl`;
  for (const name of [...listDayFiles(dir)].reverse()) {
    if (name > day) continue;
    for (const text of readLinesBackwards(dir, name)) {
      const value = parseLine(text);
      if (value && value.chain === undefined) yield value;
    }
  }
}

// Lines about something else than a call have the name of an event.
function toCall({ event, run: _run, args: _digest, surface: _surface, ...fields }: JsonObject): CallLine | undefined {
  return event === undefined && typeof fields.tool === 'string' ? (fields as unknown as CallLine) : undefined;
}
