import type { ConsoleApp } from '../parts.ts';

/**
 * The revision of what pages have fetched: it changes with each start of the gateway and each configuration that it applies or rejects, so
 * that a page whose revision differs fetches everything again.
 */
export function createRevision({ config, rejection }: Pick<ConsoleApp, 'config' | 'rejection'>, started: number): () => string {
  let known = config();
  let rejected = rejection();
  let reloads = 0;
  return () => {
    const now = config();
    const without = rejection();
    if (now !== known || without !== rejected) reloads++;
    known = now;
    rejected = without;
    return `${started}.${reloads}`;
  };
}
