import { signal } from '@preact/signals';

/** The gateway's time minus ours: times of the API are the gateway's. */
let ahead = 0;
/** The gateway's time now, updated each second and each 5 seconds. */
export const everySecond = signal(Date.now());
export const everyFew = signal(Date.now());

export function adjustClock(theirs: number): void {
  ahead = theirs - Date.now();
  everySecond.value = everyFew.value = theirs;
}

export const now = (): number => Date.now() + ahead;

let ticks = 0;
setInterval(() => {
  if (document.hidden) return;
  everySecond.value = now();
  if (ticks++ % 5 === 0) everyFew.value = everySecond.value;
}, 1000);
