import type { ConsoleApp } from '../parts.ts';

/**
 * The revision of what pages have fetched: it changes with each start of the gateway and each configuration that it applies, so
 * that a page whose revision differs fetches everything again.
 */
export function createRevision({ config }: Pick<ConsoleApp, 'config'>, started: number): () => string {
  let known = config();
  let reloads = 0;
  return () => {
    const now = config();
    if (now !== known) reloads++;
    known = now;
    return `${started}.${reloads}`;
  };
}
