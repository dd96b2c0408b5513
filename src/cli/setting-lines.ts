import { toJsonText } from '../core/json/exact-number.ts';
import { shorten } from '../core/text/text.ts';
import type { SettingState } from '../registry/settings/read-settings.ts';

const MAX_VALUE_LENGTH = 120;

/** Settings as lines such as `sides = 6 (default)`. Secrets are only `set`. */
export function settingLines(settings: readonly SettingState[]): string[] {
  return settings.map(({ key, secret, source, at, value }) => {
    if (source === 'missing') return `${key} is missing`;
    if (source === 'unset') return `${key} is not set`;
    const from = source === 'environment' ? `${at}, from the environment` : source === 'console' ? 'stored' : (at ?? source);
    if (value === undefined) return `${key} is ${secret ? 'set, a secret' : 'set'} (${from})`;
    return `${key} = ${shorten(toJsonText(value), MAX_VALUE_LENGTH)} (${from})`;
  });
}
