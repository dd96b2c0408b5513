import type { Limits } from '../limits.ts';

/** The limits of the configuration that holds now, for code that keeps the object; a value taken out of it stays as it was. */
export interface LiveLimits {
  readonly limits: Limits;
  /** Puts the limits of a reloaded configuration in place. */
  replace(next: Limits): void;
}

/** One object for the whole run. Plain properties and no getters: a call reads some twenty of them. */
export function createLiveLimits(first: Limits): LiveLimits {
  const limits = { ...first };
  return { limits, replace: (next) => void Object.assign(limits, next) };
}
