import type { GatewayError } from '../../../core/errors.ts';
import { shorten } from '../../../core/text/text.ts';
import { missingSetting } from '../../../registry/missing-setting.ts';
import type { PluginStatus } from '../../../registry/plugin-status.ts';
import type { Card, Cause } from '../types.ts';

/** Texts of plugins and clients are cut to this length in lists, in characters. */
export const LISTED_LENGTH = 4_096;

/** An error as the page shows it. */
export function toCause({ code, message, fix }: Pick<GatewayError, 'code' | 'message' | 'fix'>): Cause {
  const command = commandIn(fix);
  return {
    code,
    message: shorten(message, LISTED_LENGTH),
    ...(fix === '' ? {} : { fix }),
    ...(command === undefined ? {} : { command }),
  };
}

/** Why a plugin is not ready and what to do, as `plugmux doctor` and the first screen of `serve` tell it. */
export function causeOf({ id, state, error, needs, settings }: PluginStatus, offBy: Card['offBy']): Cause | undefined {
  if (error) return toCause(error);
  const [key] = needs;
  if (key !== undefined) return missingSetting(id, key, settings);
  if (state !== 'disabled') return undefined;
  const inFile = offBy === 'mcp.json';
  const command = `plugmux enable ${id}${inFile ? ' --in-file' : ''}`;
  return {
    code: 'PLUGIN_UNAVAILABLE',
    message: inFile ? 'It is disabled in mcp.json.' : 'An administrator disabled it.',
    fix: `Run \`${command}\`.`,
    command,
  };
}

// A whole fix that is a command, or the first command in it. Commands with `<placeholders>` cannot be run as they are.
function commandIn(fix: string): string | undefined {
  const whole = /^(?:Run: )?((?:npm|chmod) [^\n]+?)(?: \([^\n]*\))?$/.exec(fix)?.[1];
  return whole ?? /`((?:plugmux|npm) [^`<>]+)`/.exec(fix)?.[1];
}
