import type { CallLine } from '../../api/types.ts';

/** What a code of a call says in a few words. Other codes are shown as they are. */
const CODES: { readonly [code: string]: string } = {
  ARGUMENTS_INVALID: 'wrong arguments',
  ASK_FAILED: 'nobody could be asked',
  BUSY: 'too busy',
  CALL_CANCELLED: 'cancelled',
  CALL_TIMEOUT: 'timed out',
  DENIED: 'not allowed',
  DRAINING: 'the gateway was ending',
  GATEWAY_LOST: 'the gateway ended',
  NEEDS_CONFIGURATION: 'the plugin needs settings',
  PLUGIN_CRASHED: 'the plugin crashed',
  PLUGIN_FAILED: 'the plugin failed',
  PLUGIN_STOPPED: 'the plugin was stopped',
  PLUGIN_UNAVAILABLE: 'the plugin was not running',
  PLUGIN_UNRESPONSIVE: 'the plugin hung',
  RATE_LIMITED: 'too many calls',
  RESULT_INVALID: 'wrong result',
  RESULT_TOO_LARGE: 'result too large',
  TOOL_WITHHELD: 'withheld: changed',
  UNKNOWN_TOOL: 'no such tool',
  UPSTREAM_LOST: 'the server was lost',
};
const OUTCOMES: { readonly [outcome: string]: string } = { ok: 'ok', error: 'the tool failed', refused: 'refused', cancelled: 'cancelled' };

/** How a call ended, in words. */
export function outcomeWords({ outcome, code, consent }: Pick<CallLine, 'outcome' | 'code' | 'consent'>): string {
  if (consent === 'declined') return 'a person said no';
  if (consent === 'dismissed') return 'nobody answered';
  return (code === undefined ? undefined : CODES[code]) ?? OUTCOMES[outcome] ?? outcome;
}

/** The values of the filter. */
export const OUTCOME_FILTERS = [
  ['ok', 'ok'],
  ['error', 'failed'],
  ['refused', 'refused'],
  ['cancelled', 'cancelled'],
] as const;
