import type { CallEnd } from '../../core/contract/call-outcome.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import type { JsonValue } from '../../core/json/json.ts';
import { wellFormedJson } from '../../core/text/well-formed.ts';
import type { AuditRecord } from '../audit/audit.ts';

/** A finished call, in the words of the audit log. `time` in milliseconds since 1970, `ms` its duration, `bytes` the size of its result. */
export interface RecentCall {
  /** Counts the calls of this process, from 1. */
  readonly seq: number;
  readonly time: number;
  readonly principal: string;
  readonly profile: string;
  readonly transport: string;
  readonly era?: string;
  readonly client: string;
  readonly plugin: string;
  readonly tool: string;
  readonly outcome: CallEnd;
  readonly code?: string;
  readonly consent?: string;
  readonly by?: string;
  readonly ms: number;
  readonly bytes: number;
  readonly ref?: string;
  readonly arguments?: JsonValue;
}

/** What is kept of a call besides its audit record. `shown` are its arguments, without secrets, if they may be kept. */
export interface CallExtras {
  readonly ref?: string | undefined;
  readonly shown?: JsonValue | undefined;
}

/** The latest finished calls of this process. */
export interface RecentCalls {
  push(record: AuditRecord, extras: CallExtras, time: number): void;
  /** The time of the last call of each caller, by the caller's fields of the audit line. */
  lastByCaller(): ReadonlyMap<string, number>;
  /** The number of the latest call; 0 before the first one. */
  last(): number;
  /** The time of the oldest call that is kept. */
  oldest(): number | undefined;
  /** Calls before a number, newest first, at most `limit`. */
  list(wanted: (call: RecentCall) => boolean, before: number, limit: number): readonly RecentCall[];
}

/** The calls that are kept. */
export const KEPT_CALLS = 2_000;
const KEPT_ARGUMENTS = 16 * 1024;

interface Kept {
  time: number;
  caller: string;
  tool: string;
  outcome: CallEnd;
  code: string | undefined;
  consent: string | undefined;
  by: string | undefined;
  ms: number;
  bytes: number;
  ref: string | undefined;
  shown: string | undefined;
}

/** An empty ring. Its places are made once and then reused, so that a call allocates nothing here. */
export function createRecentCalls(size: number = KEPT_CALLS): RecentCalls {
  const ring: Kept[] = [];
  let last = 0;

  const read = (seq: number): RecentCall => {
    const { caller, tool, shown, time, ms, ...kept } = ring[(seq - 1) % size] as Kept;
    const { surface: _, ...fields } = JSON.parse(`{${caller},${tool}}`) as Record<string, string>;
    const rest = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
    const args = shown === undefined ? {} : { arguments: JSON.parse(shown) as JsonValue };
    return { seq, time, ...fields, ...rest, ms: Math.round(ms * 10) / 10, ...args } as unknown as RecentCall;
  };

  return {
    push({ caller, tool, outcome, code, consent, by, ms, bytes }, { ref, shown }, time) {
      const text = shown === undefined ? undefined : wellFormedJson(toJsonText(shown));
      const args = text !== undefined && text.length <= KEPT_ARGUMENTS ? text : undefined;
      const at = last % size;
      last++;
      const kept = ring[at];
      if (!kept) {
        ring[at] = { time, caller, tool, outcome, code, consent, by, ms, bytes, ref, shown: args };
        return;
      }
      kept.time = time;
      kept.caller = caller;
      kept.tool = tool;
      kept.outcome = outcome;
      kept.code = code;
      kept.consent = consent;
      kept.by = by;
      kept.ms = ms;
      kept.bytes = bytes;
      kept.ref = ref;
      kept.shown = args;
    },
    lastByCaller() {
      const times = new Map<string, number>();
      for (const { caller, time } of ring) times.set(caller, Math.max(times.get(caller) ?? 0, time));
      return times;
    },
    last: () => last,
    oldest: () => ring[last > size ? last % size : 0]?.time,
    list(wanted, before, limit) {
      const found: RecentCall[] = [];
      const oldest = Math.max(1, last - size + 1);
      for (let seq = Math.min(last, before - 1); seq >= oldest && found.length < limit; seq--) {
        const call = read(seq);
        if (wanted(call)) found.push(call);
      }
      return found;
    },
  };
}
