import { setTimeout as sleep } from 'node:timers/promises';
import type { Home } from './home.ts';
import type { Culprit } from './loading.ts';
import type { Seat } from './seat.ts';

/** A home that has been started, with the seats it serves. */
export interface Generation {
  readonly home: Home;
  readonly seats: ReadonlySet<Seat>;
  /** Every seat has been tried; before that, those that are ready are served. */
  whole: boolean;
  /** It was gone while a call was in flight, which may have ended it. */
  lostInCall: boolean;
}

/** Whether a seat takes calls there. */
export function isServed(seat: Seat, { seats, whole }: Generation): boolean {
  return seats.has(seat) && (whole ? seat.state() !== 'failed' : seat.state() === 'ready');
}

/** Whether anybody is served there, though it did not come up as a whole. */
export function servesSome(generation: Generation | undefined): boolean {
  return generation !== undefined && [...generation.seats].some((seat) => isServed(seat, generation));
}

/** Those who certainly kept a home from starting; whether others may have, which a start one by one will tell. */
export function judge(culprits: readonly Culprit[], { lostInCall }: Generation): { guilty: readonly Culprit[]; isUnclear: boolean } {
  const isUnclear = lostInCall || culprits.filter(({ died }) => died).length > 1;
  return { guilty: isUnclear ? culprits.filter(({ died }) => !died) : culprits, isUnclear };
}

/** Counts a crash for each plugin with calls in flight; those that crashed the home too often, unless that is all of them. */
export function crashedTooOften(home: Home, seats: ReadonlySet<Seat>, now: number): readonly Seat[] {
  const blamed = new Set(home.inFlight());
  const serving = [...seats].filter((seat) => seat.state() === 'restarting' && !seat.excluded);
  const out = serving.filter((seat) => blamed.has(seat.spec.id) && seat.crashed(now));
  return out.length === serving.length ? [] : out;
}

/** Ends a home that takes no new calls; those in flight may finish until the time is over. */
export async function retire(home: Home, drainMs: number): Promise<void> {
  const until = performance.now() + drainMs;
  while (home.inFlight().length > 0 && performance.now() < until) await sleep(20);
  await home.stop();
}
