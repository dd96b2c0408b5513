import type { Entry } from '../../src/core/contract/adapter.ts';
import type { Host } from '../../src/core/contract/host.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { JsonValue } from '../../src/core/json/json.ts';
import { namesSecret } from '../../src/core/secrets/secret-key.ts';

/** Converts the settings of an entry to strings. Throws CONFIG_INVALID for lists and objects, NEEDS_CONFIGURATION for empty ones. */
export function toSettings(plugin: string, { settings, credentials }: Pick<Entry, 'settings' | 'credentials'>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...settings, ...credentials })) {
    const text = toText(value);
    if (text === undefined) {
      throw new GatewayError(
        'CONFIG_INVALID',
        `Plugin ${plugin}: the setting "${key}" is a list or an object; settings must be strings, numbers or booleans.`,
        {
          plugin,
          field: key,
          fix: 'Write it as a string, such as JSON text, if the plugin expects that.',
        },
      );
    }
    texts[key] = text;
  }
  const empty = Object.keys(texts).filter((key) => texts[key] === '');
  if (empty.length > 0) {
    const list = `[${empty.join(', ')}]`;
    throw new GatewayError(
      'NEEDS_CONFIGURATION',
      `Plugin ${plugin}: settings ${list} are empty — check that the corresponding variables are set.`,
      {
        plugin,
        field: empty[0],
        fix: 'Set them under "settings" or "credentials" of the plugin in mcp.json; set variables of .hcl files under "vars".',
      },
    );
  }
  return texts;
}

function toText(value: JsonValue): string | undefined {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' ? toDecimalText(String(value)) : undefined;
}

/** Redacts settings whose keys name a secret; those from the configuration are redacted already. */
export function hideSecrets(settings: Readonly<Record<string, string>>, host: Pick<Host, 'hide'>): void {
  for (const [key, value] of Object.entries(settings)) if (namesSecret(key)) host.hide(value);
}

/** Formats a decimal number without exponent and trailing zeros. */
export function toDecimalText(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const shift = Number(exponent);
  if (whole === '' || Math.abs(shift) > 400) return number;
  const digits = `${'0'.repeat(Math.max(0, -shift))}${whole}${fraction}${'0'.repeat(Math.max(0, shift))}`;
  const point = whole.length + shift + Math.max(0, -shift);
  const before = digits.slice(0, point).replace(/^0+(?=\d)/, '');
  const after = digits.slice(point).replace(/0+$/, '');
  const text = after === '' ? before : `${before}.${after}`;
  return /^[0.]*$/.test(text) ? '0' : sign + text;
}
