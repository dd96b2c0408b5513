import { GatewayError } from '../../core/errors.ts';

/** The error of a call to a plugin that accepts none at the moment. `nextTry`: time of its next start, 0 if unknown. */
export function unavailable(plugin: string, why: string, nextTry: number): GatewayError {
  const retryAfterMs = Math.max(0, Math.round(nextTry - performance.now()));
  const when = retryAfterMs > 0 ? ` Next restart in ${(retryAfterMs / 1000).toFixed(1)} s.` : '';
  return new GatewayError('PLUGIN_UNAVAILABLE', `Plugin "${plugin}" is unavailable: ${why.replace(/\.$/, '')}.${when}`, {
    plugin,
    retryAfterMs: retryAfterMs > 0 ? retryAfterMs : undefined,
  });
}
