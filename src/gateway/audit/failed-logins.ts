import type { JsonObject } from '../../core/json/json.ts';

/** Counts failed logins by address and reason, so that guessing tokens cannot fill the audit log. */
export interface FailedLogins {
  add(address: string, reason: string): void;
  /** Reports the counts since the last report. */
  close(): void;
}

interface Count {
  readonly address: string;
  readonly reason: string;
  /** The time of the first one. */
  readonly since: number;
  readonly due: number;
  count: number;
}

const WINDOW_MS = 60_000;
/** Addresses that are counted separately within a minute; the rest is counted together. */
const MAX_COUNTS = 1_000;
const OTHERS = 'other addresses';

/** Counts failed logins and reports each count a minute after its first failure. */
export function createFailedLogins(report: (fields: JsonObject) => void): FailedLogins {
  const counts = new Map<string, Count>();
  let timer: NodeJS.Timeout | undefined;

  const reportUntil = (now: number): void => {
    for (const [key, { address, reason, since, due, count }] of counts) {
      if (now < due) continue;
      counts.delete(key);
      report({ address, reason, count, since });
    }
  };
  const tick = (): void => {
    timer = undefined;
    reportUntil(performance.now());
    if (counts.size > 0) schedule();
  };
  // Counts begin at different times, so the timer waits for the next one that is due.
  const schedule = (): void => {
    const [first] = counts.values();
    timer ??= setTimeout(tick, Math.max(0, (first?.due ?? 0) - performance.now())).unref();
  };

  return {
    add(from, reason) {
      const address = counts.size < MAX_COUNTS || counts.has(`${reason} ${from}`) ? from : OTHERS;
      const key = `${reason} ${address}`;
      const known = counts.get(key);
      if (known) known.count++;
      else counts.set(key, { address, reason, since: Date.now(), due: performance.now() + WINDOW_MS, count: 1 });
      schedule();
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
      reportUntil(Number.POSITIVE_INFINITY);
    },
  };
}
