import { createHmac } from 'node:crypto';
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What two processes must have in common to be served by one gateway. Digests, since values may be secrets. */
export interface ConfigIdentity {
  readonly file: string;
  readonly state: string;
  /** A digest of the file's text. */
  readonly text: string;
  /** Digests of what the text takes from the environment, by name. */
  readonly values: Readonly<Record<string, string>>;
}

const REFERENCES = /\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)/g;
const INPUTS = /\$\{input:([^}"]*)\}/g;
const PROGRAMS = /"(?:command|python)"\s*:\s*("(?:[^"\\\r\n]|\\.)*")/g;
/** Variables that every configuration depends on. */
const ALWAYS = [
  'HOME',
  'PLUGMUX_KEY',
  'NODE_EXTRA_CA_CERTS',
  ...['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]),
];

/** The identity of a configuration, computed from its text alone, so that it need not be valid. `key` keys the digests. */
export function configIdentity(
  place: { readonly file: string; readonly state: string },
  text: string,
  env: NodeJS.ProcessEnv,
  key: Buffer,
): ConfigIdentity {
  const digest = (value: string): string => createHmac('sha256', key).update(value).digest('hex').slice(0, 32);
  const inputs = [...text.matchAll(INPUTS)].map(([, name = '']) => `PLUGMUX_INPUT_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`);
  const names = new Set([...ALWAYS, ...inputs, ...[...text.matchAll(REFERENCES)].map(([, name]) => name as string)]);
  const values = new Map<string, string>();
  for (const name of names) if (env[name] !== undefined) values.set(name, digest(env[name]));
  for (const [, literal = ''] of text.matchAll(PROGRAMS)) {
    const program = parseText(literal);
    if (program !== undefined && !/[/\\]/.test(program)) values.set(`the program ${program}`, digest(onPath(program, env.PATH) ?? ''));
  }
  return { file: realpath(place.file), state: realpath(place.state), text: digest(text), values: Object.fromEntries([...values].sort()) };
}

/** What differs between two identities besides the text, as words; empty if one gateway can serve both. */
export function identityDifferences(a: ConfigIdentity, b: ConfigIdentity): readonly string[] {
  const different = (['file', 'state'] as const).filter((key) => a[key] !== b[key]).map((key) => `the ${key}`);
  const names = new Set([...Object.keys(a.values), ...Object.keys(b.values)]);
  return [...different, ...[...names].filter((name) => a.values[name] !== b.values[name])];
}

function realpath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function parseText(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}

function onPath(program: string, path = ''): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
