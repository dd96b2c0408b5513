import { everyFew, everySecond } from './clock.ts';
import { gaps, minutes, overview, seconds } from './store.ts';
import { type Series, toSeries, total } from './tally.ts';

const TEN_MINUTES = 600;
const DAY = 1440;

export type Range = '10m' | '24h';

/** The series of a range, the totals of what it shows, and calls a second now. Reads signals: call it while rendering. */
export function seriesOf(range: Range): { readonly series: Series; readonly sum: ReturnType<typeof total>; readonly now: number } {
  const fine = range === '10m';
  const until = fine ? everySecond.value : everyFew.value;
  const step = fine ? 1000 : 60_000;
  const length = fine ? TEN_MINUTES : DAY;
  const slots = (fine ? seconds.value : minutes.value).filter(({ at }) => at > until - length * step);
  const series = toSeries(slots, { step, length, until, started: overview.value?.started ?? 0, gaps: fine ? gaps.value : [] });
  const last = seconds.value.filter(({ at }) => at > everySecond.value - 11_000 && at <= everySecond.value - 1000);
  return { series, sum: total(slots), now: last.reduce((n, { calls }) => n + calls, 0) / 10 };
}
