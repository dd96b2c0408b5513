import { shorten } from '../core/text/text.ts';
import type { RejectedTool } from './offer/tools.ts';

const MAX_LENGTH = 600;
const MAX_NAMES = 3;

/** States in one line how many of a plugin's tools are not served, and why. */
export function describeWithheld(total: number, quarantined: readonly RejectedTool[]): string {
  const byReason = new Map<string, string[]>();
  for (const { tool, reason } of quarantined) byReason.set(reason, [...(byReason.get(reason) ?? []), tool]);
  const reasons = [...byReason].map(([reason, tools]) => {
    const more = tools.length > MAX_NAMES ? ` and ${tools.length - MAX_NAMES} more` : '';
    return `${tools.slice(0, MAX_NAMES).join(', ')}${more} (${reason})`;
  });
  const are = total === 1 ? 'tool is' : 'tools are';
  return shorten(`${quarantined.length} of ${total} ${are} not served: ${reasons.join('; ')}`, MAX_LENGTH);
}
