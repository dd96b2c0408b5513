import type { Config } from '../../config/config.ts';
import type { Tool } from '../../core/contract/tool.ts';
import type { TimeLimits } from './deadline.ts';

/** Where the time limit of a call comes from: the plugin's entry, the tool, `limits` in mcp.json, the format, or the default. */
export type TimeSource = 'plugin' | 'tool' | 'file' | 'format' | 'default';

/** The time limits of a tool's calls, and where they come from. */
export interface CallTime extends TimeLimits {
  readonly timeFrom: TimeSource;
}

/**
 * The first that is set of: the plugin's limit in mcp.json, the limit that the tool declares, the limit for all in mcp.json,
 * the format's default, the built-in default. The cap applies to defaults only; an explicit longer limit raises it.
 */
export function callTime(
  { timeoutMs: declared, usualTimeoutMs: usual }: Pick<Tool, 'timeoutMs' | 'usualTimeoutMs'>,
  ofPlugin: number | undefined,
  { limits, ownLimits }: Pick<Config, 'limits' | 'ownLimits'>,
): CallTime {
  const { callCapMs } = limits;
  const set: readonly (readonly [TimeSource, number | undefined])[] = [
    ['plugin', ofPlugin],
    ['tool', declared],
    ['file', ownLimits.callTimeoutMs],
  ];
  for (const [timeFrom, timeoutMs] of set)
    if (timeoutMs !== undefined) return { timeoutMs, capMs: Math.max(callCapMs, timeoutMs), timeFrom };
  return {
    timeoutMs: Math.min(usual ?? limits.callTimeoutMs, callCapMs),
    capMs: callCapMs,
    timeFrom: usual === undefined ? 'default' : 'format',
  };
}
