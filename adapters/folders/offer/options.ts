import type { JsonValue } from '../../../src/core/json/json.ts';
import type { Folder } from '../folder.ts';
import type { Declared } from '../format.ts';

const OPTION = /\$\{user_config\.([A-Za-z_][A-Za-z0-9_]*)\}/g;
/** The placeholder of an option's value; options have names that `substitute` does not know. */
const OPTION_PLACE = 'PLUGMUX_OPTION_';

/** A text whose references to settings are variables that `substitute` fills in, and their values. Secrets stay references. */
export function withOptions(
  text: string,
  { settings }: Declared,
  { values }: Folder,
): { readonly text: string; readonly options: Readonly<Record<string, string>> } {
  const options: Record<string, string> = {};
  const prepared = text.replace(OPTION, (whole, key: string) => {
    const schema = Object.hasOwn(settings, key) ? settings[key] : undefined;
    const value = schema && schema.writeOnly !== true ? (values.setting(key) ?? defaultOf(schema.default)) : undefined;
    if (value === undefined) return whole;
    // Numbered, since keys may differ by case alone.
    const place = `${OPTION_PLACE}${Object.keys(options).length}`;
    options[place] = value;
    return `\${${place}}`;
  });
  return { text: prepared, options };
}

function defaultOf(value: JsonValue | undefined): string | undefined {
  return value === undefined || value === null ? undefined : typeof value === 'string' ? value : JSON.stringify(value);
}
