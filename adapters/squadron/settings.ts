import type { Entry } from '../../src/core/adapter.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { JsonValue } from '../../src/core/json.ts';

/** The settings of an entry as the texts that a plugin is configured with. Throws where one has no such text. */
export function toSettings(plugin: string, { settings, credentials }: Entry): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...settings, ...credentials })) {
    const text = toText(value);
    if (text === undefined) {
      throw new GatewayError(
        'CONFIG_INVALID',
        `Plugin ${plugin}: the setting "${key}" is a list or an object; settings are texts, numbers and booleans.`,
        {
          plugin,
          field: key,
          fix: 'Write it as a text, such as one JSON document, if the plugin expects that.',
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
      },
    );
  }
  return texts;
}

function toText(value: JsonValue): string | undefined {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' ? toDecimal(value) : undefined;
}

/** A number in plain decimal digits, never with an exponent. */
export function toDecimal(value: number): string {
  const text = String(value);
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const shift = Number(exponent);
  const digits = whole + fraction;
  const point = whole.length + shift;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length ? sign + digits.padEnd(point, '0') : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
