import { homedir } from 'node:os';
import { basename, sep } from 'node:path';
import type { Folder } from '../folder.ts';
import type { Meaning, Variables } from './expand.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Places that a format names, by the name of the reference; computed on use, since some are created then. */
export type Places = Readonly<Record<string, () => string>>;

/** How a format refers to its settings and to the environment. */
export interface References {
  readonly places: Places;
  /** The prefix of settings, such as `user_config.`; its settings are not variables of the environment. */
  readonly settings?: string;
  /** The prefix of variables besides none, such as `env:`. */
  readonly env?: string;
  readonly bare?: boolean;
  /** The default of a declared setting; undefined for one that is not declared. */
  readonly defaults?: ReadonlyMap<string, string | undefined>;
}

/** The references of a format in a folder. */
export function createVariables({ values }: Folder, { places, settings, env, bare = false, defaults }: References): Variables {
  const variable = (name: string, fallback: string | undefined): Meaning => {
    const found = values.variable(name) ?? defaults?.get(name);
    // As in a shell, the default also replaces an empty value.
    if (found !== undefined && (found !== '' || fallback === undefined)) return { value: found, setting: name };
    return fallback === undefined ? { unset: name } : { value: fallback, setting: name };
  };
  return {
    bare,
    lookUp(name, fallback) {
      if (Object.hasOwn(places, name)) return { value: (places[name] as () => string)() };
      if (settings !== undefined && name.startsWith(settings)) {
        const key = name.slice(settings.length);
        if (!defaults?.has(key)) return undefined;
        const value = values.setting(key) ?? defaults.get(key) ?? fallback;
        return value === undefined ? { unset: key } : { value, setting: key };
      }
      if (env !== undefined && name.startsWith(env)) return variable(name.slice(env.length), fallback);
      return NAME.test(name) ? variable(name, fallback) : undefined;
    },
  };
}

/** The references of a format that only knows places: all others are ordinary text. */
export function onlyPlaces(places: Places): Variables {
  return {
    bare: false,
    lookUp: (name, fallback) =>
      fallback === undefined && Object.hasOwn(places, name) ? { value: (places[name] as () => string)() } : undefined,
  };
}

/** The places that editors and their descendants name. */
export function editorPlaces({ project }: Folder): Places {
  return {
    userHome: homedir,
    workspaceFolder: () => project,
    workspaceFolderBasename: () => basename(project),
    pathSeparator: () => sep,
    '/': () => sep,
  };
}
