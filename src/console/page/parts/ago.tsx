import { everyFew, everySecond, now } from '../data/clock.ts';
import { exactly, roughly, span } from '../data/words.ts';

/** A time as an age. The absolute time, with its zone, on hover and focus. */
export function Ago({ at, suffix = ' ago' }: { at: number; suffix?: string }) {
  const age = Math.max(0, Math.max(everyFew.value, now()) - at);
  return (
    <time dateTime={new Date(at).toISOString()} title={exactly(at)}>
      {age < 2000 && suffix !== '' ? 'just now' : `${roughly(age)}${suffix}`}
    </time>
  );
}

/** Time until, or since, in minutes and seconds. */
export function Running({ since }: { since: number }) {
  return <>{span(Math.max(0, everySecond.value - since))}</>;
}
