/** Numbers, times and sizes in words. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'long' });

export const count = (n: number): string => whole.format(n);
export const rate = (n: number): string => (n >= 100 ? whole.format(n) : short.format(n));
export const share = (part: number, all: number): string => (all === 0 ? '–' : percent.format(part / all));
export const tokens = (n: number): string => `~${whole.format(n)}`;
export const atClock = (time: number): string => clock.format(time);
export const atMinute = (time: number): string => minute.format(time);
export const atDay = (time: number): string => (sameDay(time) ? minute.format(time) : day.format(time));
/** With the zone. */
export const exactly = (time: number): string => exact.format(time);

const sameDay = (time: number): boolean => new Date(time).toDateString() === new Date().toDateString();

/** `1 tool`, `3 tools`. */
export const many = (n: number, one: string, more = `${one}s`): string => `${whole.format(n)} ${n === 1 ? one : more}`;

export function bytes(n: number): string {
  if (n < 1000) return many(n, 'byte');
  if (n < 1_000_000) return `${short.format(n / 1000)} KB`;
  return `${short.format(n / 1_000_000)} MB`;
}

/** A duration: `38 ms`, `1.2 s`, `2:05`. */
export function lasting(ms: number): string {
  if (ms < 1000) return `${ms < 10 && ms % 1 !== 0 ? short.format(ms) : whole.format(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return span(ms);
}

/** Minutes and seconds: `0:41`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** `12 s`, `3 min`, `2 h`, `5 days`. */
export function roughly(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h`;
  return many(Math.round(seconds / 86_400), 'day');
}

export function ordinal(n: number): string {
  const tail = n % 100 > 10 && n % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${tail}`;
}
