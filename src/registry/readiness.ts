import type { Registry } from './registry.ts';

/**
 * Whether every plugin has opened or failed once, or `withinMs()` has passed. Once true, it stays true: a plugin that restarts or
 * joins later must not remove the gateway from a load balancer.
 */
export function createReadiness({ plugins }: Registry, withinMs: () => number): () => boolean {
  const applied = performance.now();
  let isReady = false;
  return () => {
    isReady ||= performance.now() - applied > withinMs() || plugins().every(({ state }) => state !== 'opening');
    return isReady;
  };
}
