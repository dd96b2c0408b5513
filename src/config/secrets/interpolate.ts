import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, resolve, sep } from 'node:path';
import { fileFault } from '../../core/file-fault.ts';
import { asObject, isJsonObject, type JsonValue } from '../../core/json/json.ts';
import { nearest } from '../../core/text/nearest.ts';
import { isServerKey } from '../server-keys.ts';

const REFERENCE = /\$\{(env|file):([^}]*)\}/g;
const PLAIN_REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*|\/)(:-[^}]*)?\}/g;
const CLIENT_REFERENCE = /\$\{(input|command|config):([^}]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** Maximum size in bytes of a secret file or environment file. */
export const MAX_TAKEN_IN = 64 * 1024;

// Here a literal `${NAME}` is always a mistake, and would be a guessable secret.
function holdsSecret([first, , third]: readonly (string | number)[]): boolean {
  return first === 'auth' || (first === 'plugins' && third === 'credentials');
}

/** A reference in a configuration text that could not be filled in. */
export interface Unresolved {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly fix: string;
}

/** The value of one reference; `key` is the name of the variable, or the folder and name of the file. */
export interface Filled {
  readonly path: readonly (string | number)[];
  readonly key: string;
  readonly value: string;
  /** Whether the configuration marks it as a secret. */
  readonly secret?: boolean;
}

/** The values with their references filled in, the unresolved references, and the files that were read. */
export interface Interpolated {
  readonly value: JsonValue;
  readonly unresolved: readonly Unresolved[];
  readonly filled: readonly Filled[];
  readonly files: readonly string[];
}

/**
 * Fills in `${env:NAME}`, `${env:NAME:-default}` and `${file:path}` in every text of a configuration, and the
 * `${NAME}` and `${input:name}` forms of other clients' files below the keys of servers. Files are read relative to `dir`.
 */
export function interpolate(value: JsonValue, dir: string, env: NodeJS.ProcessEnv): Interpolated {
  const unresolved: Unresolved[] = [];
  const places = placesOf(dir);
  const passwords = passwordsOf(value);
  const files: string[] = [];
  const filled: Filled[] = [];
  const fill = (path: readonly (string | number)[], key: string, value: string): string => {
    filled.push({ path, key, value });
    return value;
  };

  const fromEnv = (reference: string, path: readonly (string | number)[]): string => {
    const [name = '', ...rest] = reference.split(':-');
    const found = env[name];
    if (found !== undefined && (found !== '' || rest.length === 0)) return fill(path, name, found);
    if (rest.length > 0) return fill(path, name, rest.join(':-'));
    const near = nearest(name, Object.keys(env))[0];
    const hint = near === undefined ? '' : `; ${near} is set`;
    // Text that cannot be a name may be the secret itself.
    const shown = NAME.test(name) ? name : name === '' ? '(no name)' : '(not a valid name)';
    unresolved.push({
      path,
      message: `the environment variable ${shown} is not set${hint}`,
      fix: `Set it, or give a default: \${env:${NAME.test(name) ? name : 'NAME'}:-value}.`,
    });
    return '';
  };

  const fromFile = (reference: string, path: readonly (string | number)[]): string => {
    const file = resolve(dir, reference);
    files.push(file);
    try {
      if (statSync(file).size > MAX_TAKEN_IN) throw new Error('it is larger than 64 KB');
      // The folder or extension often shows that the file is a secret: secrets/db, db.password.
      return fill(path, `${basename(dirname(file))}/${basename(file)}`, readFileSync(file, 'utf8').replace(/\r?\n$/, ''));
    } catch (error) {
      unresolved.push({
        path,
        message: `the file ${reference} cannot be read: ${fileFault(error)}`,
        fix: 'Create it or correct the path.',
      });
      return '';
    }
  };

  const fromClient = (kind: string, reference: string, path: readonly (string | number)[]): string => {
    const variable = `PLUGMUX_INPUT_${reference.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
    const found = env[variable];
    if (kind === 'input' && found !== undefined) {
      filled.push({ path, key: variable, value: found, secret: passwords.has(reference) });
      return found;
    }
    const isName = NAME.test(reference);
    const shown = `\${${kind}:${isName ? reference : '…'}}`;
    if (kind === 'input') {
      const fix = `Set ${isName ? variable : 'PLUGMUX_INPUT_<NAME>'}.`;
      unresolved.push({ path, message: `${shown} is a value that VS Code prompts for`, fix });
    } else unresolved.push({ path, message: `${shown} has a value only in VS Code`, fix: 'Write the value, or ${env:NAME}.' });
    return '';
  };

  const walk = (node: JsonValue, path: readonly (string | number)[]): JsonValue => {
    if (typeof node === 'string') {
      if (!node.includes('${')) return node;
      const own = node.replace(REFERENCE, (_, kind: string, ref: string) => (kind === 'env' ? fromEnv(ref, path) : fromFile(ref, path)));
      if (holdsSecret(path)) {
        for (const [, name, fallback] of own.matchAll(PLAIN_REFERENCE)) {
          const shown = fallback === undefined ? name : `${name}:-…`;
          unresolved.push({ path, message: `\${${shown}} is not a reference and would be used literally`, fix: `Write \${env:${name}}.` });
        }
      }
      if (!isServerKey(path[0])) return own;
      const plain = own.replace(PLAIN_REFERENCE, (_, name: string, fallback = '') => places.get(name) ?? fromEnv(name + fallback, path));
      return plain.replace(CLIENT_REFERENCE, (_, kind: string, ref: string) => fromClient(kind, ref, path));
    }
    if (Array.isArray(node)) return node.map((item, i) => walk(item, [...path, i]));
    if (!isJsonObject(node)) return node;
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, walk(item, [...path, key])]));
  };

  // `inputs` may contain references of VS Code, which are not resolved here.
  const { inputs, ...rest } = asObject(value);
  const walked = isJsonObject(value) && inputs !== undefined ? { ...asObject(walk(rest, [])), inputs } : walk(value, []);
  return { value: walked, unresolved, filled, files };
}

// The predefined variables of other clients. Their files are in .vscode or .cursor, directly below the workspace folder.
function placesOf(dir: string): ReadonlyMap<string, string> {
  const folder = /^\.(vscode|cursor)$/.test(basename(dir)) ? dirname(dir) : dir;
  return new Map([
    ['workspaceFolder', folder],
    ['workspaceFolderBasename', basename(folder)],
    ['userHome', homedir()],
    ['pathSeparator', sep],
    ['/', sep],
  ]);
}

// The inputs that VS Code's file marks as secret.
function passwordsOf(value: JsonValue): ReadonlySet<string> {
  const inputs = isJsonObject(value) && Array.isArray(value.inputs) ? value.inputs.filter(isJsonObject) : [];
  return new Set(inputs.flatMap(({ id, password }) => (typeof id === 'string' && password === true ? [id] : [])));
}
