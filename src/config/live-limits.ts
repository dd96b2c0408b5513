import { LIMITS, type Limits } from './limits.ts';

/**
 * The limits of the configuration that holds now. Each property is read anew with every access, so that a reload reaches
 * code that keeps this object; a value taken out of it stays as it was.
 */
export function liveLimits(current: () => Limits): Limits {
  const live = Object.keys(LIMITS).map((name) => [name, { enumerable: true, get: () => current()[name as keyof Limits] }]);
  return Object.freeze(Object.defineProperties({}, Object.fromEntries(live))) as Limits;
}
