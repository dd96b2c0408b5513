import { GatewayError } from '../../core/errors.ts';

/** Refuses a call to a plugin that takes none just now; `nextTry` is when it is started again, 0 where nobody knows. */
export function unavailable(plugin: string, why: string, nextTry: number): GatewayError {
  const retryAfterMs = Math.max(0, Math.round(nextTry - performance.now()));
  const when = retryAfterMs > 0 ? ` The next start is in ${(retryAfterMs / 1000).toFixed(1)} s.` : '';
  return new GatewayError('PLUGIN_UNAVAILABLE', `Plugin ${plugin} takes no calls: ${why.replace(/\.$/, '')}.${when}`, {
    plugin,
    retryAfterMs: retryAfterMs > 0 ? retryAfterMs : undefined,
  });
}
