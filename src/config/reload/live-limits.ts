import type { Limits } from '../limits.ts';

/** The limits of the active configuration. Code that keeps the object sees new values; code that copies a value does not. */
export interface LiveLimits {
  readonly limits: Limits;
  /** Replaces the values after a reload. */
  replace(next: Limits): void;
}

/** Creates the object. It has plain properties instead of getters, since each call reads about twenty limits. */
export function createLiveLimits(first: Limits): LiveLimits {
  const limits = { ...first };
  return { limits, replace: (next) => void Object.assign(limits, next) };
}
