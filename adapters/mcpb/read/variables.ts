import { homedir } from 'node:os';
import { join, sep } from 'node:path';

const REFERENCE = /\$\{([^{}$]*)\}/g;

/** The folders of the user that bundles name; the host supplies them. */
function placeOf(name: string): string | undefined {
  switch (name) {
    case 'HOME':
      return homedir();
    case 'DESKTOP':
      return join(homedir(), 'Desktop');
    case 'DOCUMENTS':
      return join(homedir(), 'Documents');
    case 'DOWNLOADS':
      return join(homedir(), 'Downloads');
    case 'pathSeparator':
    case '/':
      return sep;
    default:
      return undefined;
  }
}

/** Fills in the folders of the user. */
export function expandPlaces(text: string): string {
  return text.replace(REFERENCE, (whole, name: string) => placeOf(name) ?? whole);
}

/** The settings a text refers to, by key. */
export function settingsIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, name = '']) =>
    name.startsWith('user_config.') ? [name.slice('user_config.'.length)] : [],
  );
}

/** The setting that is the whole of a text, if any. */
export function onlySetting(text: string): string | undefined {
  return /^\$\{user_config\.([^{}$]*)\}$/.exec(text)?.[1];
}

/** Fills in all references in one pass: values are not searched again. `setting` returns undefined for what stays as it is. */
export function expand(
  text: string,
  dir: string,
  setting: (key: string) => string | undefined,
  unknown: (reference: string) => void,
): string {
  return text.replace(REFERENCE, (whole, name: string) => {
    const value = name === '__dirname' ? dir : name.startsWith('user_config.') ? setting(name.slice('user_config.'.length)) : placeOf(name);
    if (value === undefined) unknown(whole);
    return value ?? whole;
  });
}

/** Fills in the arguments of a prompt, in one pass. Those that are not given are empty. */
export function expandArguments(text: string, names: readonly string[], given: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{arguments\.([^{}$]*)\}/g, (whole, name: string) =>
    Object.hasOwn(given, name) ? (given[name] as string) : names.includes(name) ? '' : whole,
  );
}
