import type { Redactor } from '../../core/secrets/redact.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import type { Audit, AuditRecord } from '../audit/audit.ts';
import { createRecentCalls, type RecentCall, type RecentCalls } from './recent-calls.ts';
import { createTally, type Tally } from './tally.ts';

/** A finished call: its audit record, its tool if there is one, and the reference of its error. */
export interface FinishedCall extends AuditRecord {
  readonly entry?: ToolEntry | undefined;
  readonly ref?: string | undefined;
}

/** Writes the audit line of each finished call, and keeps what operators look at. */
export interface CallStats {
  readonly tally: Tally;
  readonly recent: RecentCalls;
  /** Returns the time, in milliseconds since 1970. */
  record(call: FinishedCall): number;
  /** Calls that wait because too many are in flight. */
  waiting(): number;
  /** Whether audit lines cannot be written at the moment. */
  auditFailed(): boolean;
  /** Calls back after each finished call, with a function that reads it; one listener, or none. */
  onCall(listener: ((read: () => RecentCall | undefined) => void) | undefined): void;
}

/** `plain`: whether arguments may be kept, as in the audit log. */
export function createCallStats(audit: Audit, plain: () => boolean, redactor: Pick<Redactor, 'texts'>, waiting: () => number): CallStats {
  const tally = createTally();
  const recent = createRecentCalls();
  let listener: ((read: () => RecentCall | undefined) => void) | undefined;
  return {
    tally,
    recent,
    waiting,
    auditFailed: () => audit.failure() !== undefined,
    record(call) {
      const time = Date.now();
      audit.record(call, time);
      tally.add(call.entry, call.outcome, call.ms, time);
      const shown = plain() ? (redactor.texts(call.args) as typeof call.args) : undefined;
      recent.push(call, { ref: call.ref, shown }, time);
      if (listener) {
        const seq = recent.last();
        listener(() => recent.list(() => true, seq + 1, 1)[0]);
      }
      return time;
    },
    onCall(next) {
      listener = next;
    },
  };
}
