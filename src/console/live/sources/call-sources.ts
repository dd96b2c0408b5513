import { toCallLine } from '../../api/shown/call-lines.ts';
import { toTallySlot } from '../../api/shown/tally-slots.ts';
import type { ConsoleApp } from '../../parts.ts';
import type { TopicSource } from '../topics.ts';

const BATCH_MS = 250;
/** Calls that a page gets first: they may have ended just after it fetched the others. */
const LATEST = 20;
/** Calls of one batch; of more, only the number is sent. */
const MAX_CALLS = 200;
const SECOND_MS = 1_000;

/** Each finished call. */
export function createCallSource({ gateway }: Pick<ConsoleApp, 'gateway'>): TopicSource {
  return {
    scope: 'observe',
    has: (topic) => topic === 'calls',
    snapshot: () =>
      gateway.stats.recent
        .list(() => true, Number.POSITIVE_INFINITY, LATEST)
        .map((call) => ({ type: 'call', call: toCallLine(call) }) as const)
        .reverse(),
    start(_topic, publish) {
      let sent = 0;
      let skipped = 0;
      const timer = setInterval(() => {
        if (skipped > 0) publish({ type: 'calls.skipped', n: skipped });
        sent = 0;
        skipped = 0;
      }, BATCH_MS).unref();
      gateway.stats.onCall((read) => {
        // A call that is not shown is not read either.
        const call = sent < MAX_CALLS ? read() : undefined;
        if (!call) return void skipped++;
        sent++;
        publish({ type: 'call', call: toCallLine(call) });
      });
      return () => {
        clearInterval(timer);
        gateway.stats.onCall(undefined);
      };
    },
  };
}

/** The calls of each second. */
export function createTallySource({ gateway }: Pick<ConsoleApp, 'gateway'>): TopicSource {
  return {
    scope: 'observe',
    has: (topic) => topic === 'tally',
    start(_topic, publish) {
      // The page may have fetched the second before last while it lasted.
      let last = Math.floor(Date.now() / SECOND_MS) - 3;
      const timer = setInterval(() => {
        const now = Date.now();
        const over = Math.floor(now / SECOND_MS) - 1;
        const slots = gateway.stats.tally.seconds(now).filter(({ number }) => number > last && number <= over);
        last = over;
        for (const slot of slots) publish({ type: 'tally', second: toTallySlot(slot, SECOND_MS) });
      }, SECOND_MS).unref();
      return () => clearInterval(timer);
    },
  };
}
