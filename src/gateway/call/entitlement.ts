import { NO_LIMIT } from '../../config/limits.ts';
import { grants } from '../../core/contract/caller.ts';
import { GatewayError } from '../../core/errors.ts';
import type { VisibleTool } from '../view/visible-tool.ts';
import type { Call } from './call.ts';

/** Why a caller must not call a tool now; undefined if it may. Counts the call. */
export type Entitlement = (tool: Pick<VisibleTool, 'entry' | 'scopes'>, call: Call) => GatewayError | undefined;

const MINUTE_MS = 60_000;
/** Maximum number of principals that are counted. The oldest are evicted first. */
const MAX_COUNTED = 10_000;

interface Count {
  since: number;
  calls: number;
}

/** The scopes of tools and the calls per minute. `now`: a monotonic clock in milliseconds. */
export function createEntitlement(limits: { readonly callsPerMinute: number }, now: () => number = () => performance.now()): Entitlement {
  const counts = new Map<string, Count>();

  const countOf = (key: string): Count => {
    const known = counts.get(key);
    if (known && now() - known.since < MINUTE_MS) return known;
    const fresh = { since: now(), calls: 0 };
    counts.delete(key);
    counts.set(key, fresh);
    if (counts.size > MAX_COUNTED) counts.delete(counts.keys().next().value as string);
    return fresh;
  };

  return (tool, call) => {
    if (tool.scopes !== undefined && !hasAll(call, tool.scopes)) return scopeMissing(tool.entry.name, tool.scopes);
    if (limits.callsPerMinute >= NO_LIMIT) return undefined;
    const { login, principal } = call.caller;
    // Windows and anonymous clients share a principal, so each session counts by itself.
    const count = countOf(login === undefined ? `session ${call.session}` : `principal ${principal}`);
    if (++count.calls <= limits.callsPerMinute) return undefined;
    const retryAfterMs = Math.max(1, Math.ceil(count.since + MINUTE_MS - now()));
    return new GatewayError('RATE_LIMITED', `The limit of ${limits.callsPerMinute} calls in a minute is reached.`, {
      retryAfterMs,
      outcome: 'NOT_SENT',
    });
  };
}

// Callers that need no token cannot get scopes: they are the operator's own.
function hasAll({ caller }: Call, scopes: readonly string[]): boolean {
  return caller.login === undefined || scopes.every((scope) => grants(caller.scopes, scope));
}

function scopeMissing(tool: string, needed: readonly string[]): GatewayError {
  const scopes = [...new Set(['use', ...needed])];
  const message = `The login lacks a scope that ${tool} needs: ${needed.join(', ')}.`;
  return new GatewayError('SCOPE_MISSING', message, { tool, scopes });
}
