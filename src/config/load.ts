import { readFileSync, statSync } from 'node:fs';
import { dirname, parse, relative } from 'node:path';
import type { Adapter } from '../core/contract/adapter.ts';
import { DEFAULT_PROFILE } from '../core/contract/caller.ts';
import { GatewayError } from '../core/errors.ts';
import { fileFault } from '../core/file-fault.ts';
import { asObject, isJsonObject, type JsonValue } from '../core/json/json.ts';
import { JsonError, parseJson } from '../core/json/json-scan.ts';
import { toJwtConfig } from './auth/auth.ts';
import { contradictions, reservedKeys } from './checks.ts';
import type { Config } from './config.ts';
import { toEventsConfig } from './events.ts';
import { describeIssues } from './issues.ts';
import { toPlainJson } from './jsonc.ts';
import { toLimits } from './limits.ts';
import { parseListen, parsePublic } from './listen.ts';
import { toPlugin } from './plugin-entry.ts';
import { stampOf } from './reload/stamp.ts';
import { DEFAULT_STATE, resolvePath } from './resolve-path.ts';
import { type ConfigFile, createConfigSchema, type ProfileFile, toEditorSchema } from './schema.ts';
import { type Filled, interpolate } from './secrets/interpolate.ts';
import { proxySecrets, secretsOf } from './secrets/secrets.ts';
import { HIDDEN_TEXT, mayShowKey, showValue } from './secrets/shown-value.ts';
import { takeServers } from './server-entries.ts';
import { isServerKey, SERVER_KEYS } from './server-keys.ts';
import { createSourceText, type SourceText } from './source-text.ts';
import { toUpstreams, type Unfilled } from './upstreams.ts';

const MAX_SIZE = 1024 * 1024;
const CAPS = { depth: 64, keys: 20_000, items: 100_000 };
const MAX_FAULTS = 10;
// Keys of other clients' files that also have a meaning here.
const CLIENT_KEYS: ReadonlySet<string> = new Set([...SERVER_KEYS, 'inputs', 'proxy', '$schema']);

/** Flags that override the file and the environment. */
export interface Overrides {
  readonly http?: string;
  readonly state?: string;
}

/** Called with the files that a configuration is read from and their stamp, even if it turns out to be invalid. */
export type TookFiles = (files: readonly string[], stamp: string) => void;

/**
 * Reads and checks a configuration file, or `given` as its text. Throws CONFIG_INVALID naming every fault with file, line and
 * column.
 */
export function loadConfig(
  file: string,
  adapters: readonly Adapter[],
  env: NodeJS.ProcessEnv,
  overrides: Overrides = {},
  took: TookFiles = () => undefined,
  given?: Buffer,
): Config {
  const name = nameOf(file);
  // Taken before reading, so a save during the read counts as a change.
  const stampBefore = stampOf([file]);
  took([file], stampBefore);
  const text = readText(file, given);
  const source = createSourceText(name, text);
  const raw = parseText(text, name, source);
  const dir = dirname(file);
  const schema = createConfigSchema(adapters);
  const foreign = splitForeign(raw, Object.keys(schema.shape), name);
  const { value, unresolved, filled, files: secretFiles } = interpolate(foreign.own, dir, env);
  const editorSchema = (): object => toEditorSchema(adapters);
  const taken = takeServers(value, { written: raw, schema: editorSchema, source, dir });
  const own = taken.value;
  const files = [...secretFiles, ...taken.files, ...tlsFiles(own, dir)];
  const stamp = stampBefore + stampOf(files);
  took([file, ...files], stamp);
  const unfilled = unresolved.map((u) => ({ ...u, text: `${source.at([...u.path])}: ${u.message}. ${u.fix}` }));
  // A missing value only affects its own upstream: the file may belong to another client, which has that value.
  const fatal = unfilled.filter(({ path }) => !isServerKey(path[0]));
  if (fatal.length > 0) throw invalid(fatal.map(({ text }) => text));
  const reserved = reservedKeys(own, source);
  if (reserved.length > 0) throw invalid(reserved);
  const parsed = schema.safeParse(own);
  if (!parsed.success) {
    throw invalid(describeIssues(parsed.error.issues, { value, written: raw, schema: editorSchema(), source }));
  }
  const contrary = contradictions(parsed.data, source);
  if (contrary.length > 0) throw invalid(contrary);
  return toConfig(parsed.data, {
    file,
    stamp,
    dir,
    env,
    overrides,
    adapters,
    warnings: [...foreign.warnings, ...taken.warnings],
    files,
    filled,
    source,
    unfilled: [...unfilled, ...taken.unfilled],
    leftOut: taken.leftOut,
    // The schema has just accepted this shape.
    written: raw as unknown as ConfigFile,
  });
}

// A renewed certificate takes effect like a change of the file.
function tlsFiles(value: JsonValue, dir: string): string[] {
  const { cert, key } = asObject(asObject(asObject(value).listen).tls);
  return [cert, key].flatMap((file) => (typeof file === 'string' ? [resolvePath(dir, file)] : []));
}

// Relative only inside the working folder: a client may have started the gateway anywhere.
function nameOf(file: string): string {
  const inside = relative(process.cwd(), file);
  return inside.startsWith('..') || process.cwd() === parse(file).root ? file : inside;
}

function readText(file: string, given: Buffer | undefined): string {
  try {
    if (!given && statSync(file).isDirectory()) throw new Error('it is a folder');
    if ((given?.length ?? statSync(file).size) > MAX_SIZE) throw new Error(`it is larger than ${MAX_SIZE / 1024 / 1024} MB`);
    return new TextDecoder('utf-8', { fatal: true }).decode(given ?? readFileSync(file));
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
    const fix = isThere
      ? 'Correct the file or name another with --config.'
      : 'Create one with `plugmux init`, or name another with --config.';
    throw new GatewayError('CONFIG_INVALID', `The configuration ${file} cannot be read: ${fileFault(error)}.`, { fix, cause: error });
  }
}

function parseText(text: string, name: string, source: SourceText): JsonValue {
  try {
    return parseJson(toPlainJson(text), CAPS);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (error.fault === 'duplicate') {
      const duplicate = source.duplicateKey();
      if (duplicate) throw invalid([`${duplicate.at}: ${showKey(duplicate.key)} occurs twice in one object. Remove one of the two.`]);
    }
    // A text over a limit may be nested too deeply to search for the location.
    const syntax = error.fault === 'syntax' ? source.syntaxError() : undefined;
    if (syntax) throw invalid([`${syntax.at}: not valid JSON: ${syntax.message}. ${syntax.fix}`]);
    // The message of JSON.parse is not used: it quotes the text around the error, which may be a secret.
    throw invalid([`${name}: ${error.fault === 'syntax' ? 'not valid JSON' : error.message}.`]);
  }
}

function showKey(key: string): string {
  return mayShowKey([], key) ? `the key "${key}"` : 'a key';
}

function invalid(faults: readonly string[]): GatewayError {
  const shown = faults.slice(0, MAX_FAULTS);
  if (faults.length > shown.length) shown.push(`and ${faults.length - shown.length} more`);
  const at = /^.+?:\d+:\d+(?=: )/.exec(shown[0] ?? '')?.[0];
  return new GatewayError('CONFIG_INVALID', shown.join('\n'), { at });
}

// A file of another client holds servers and keys of that client. Unknown keys are ignored there, with a warning.
function splitForeign(value: JsonValue, ownKeys: readonly string[], name: string): { own: JsonValue; warnings: string[] } {
  if (!isJsonObject(value)) return { own: value, warnings: [] };
  const known = new Set(ownKeys);
  const keys = Object.keys(value);
  if (!keys.some(isServerKey) || keys.some((key) => !CLIENT_KEYS.has(key) && known.has(key))) return { own: value, warnings: [] };
  const foreign = keys.filter((key) => !known.has(key));
  const own = Object.fromEntries(Object.entries(value).filter(([key]) => known.has(key)));
  return {
    own,
    warnings: foreign.map((key) => `${name}: ${showKey(key)} belongs to another program and is ignored.`),
  };
}

interface Origin {
  readonly file: string;
  readonly stamp: string;
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly overrides: Overrides;
  readonly adapters: readonly Adapter[];
  readonly warnings: string[];
  readonly files: readonly string[];
  readonly filled: readonly Filled[];
  readonly source: SourceText;
  readonly unfilled: readonly Unfilled[];
  readonly leftOut: ReadonlyMap<string, string>;
  /** The file as written, references not filled in. */
  readonly written: ConfigFile;
}

function toConfig(data: ConfigFile, origin: Origin): Config {
  const { dir, overrides, env, source, warnings } = origin;
  const path = (p: string): string => resolvePath(dir, p);
  const { upstreams, files, leftOut } = toUpstreams(data, origin.unfilled, source, warnings);
  const plugins = new Map(Object.entries(files).map(([id, file]) => [id, toPlugin(id, file, origin, path)]));
  // A token without scopes uses tools and events; anything else must be stated.
  const tokens = (data.auth?.tokens ?? []).map((t) => ({ scopes: ['use', 'events'], ...t }));
  const jwt = data.auth?.jwt?.map(toJwtConfig);
  const profiles = new Map(Object.entries(data.profiles ?? {}).map(([name, file]) => [name, toProfile(file, path)]));
  const bound = [
    ...tokens.map(({ profile }, i) => ({ profile, at: ['auth', 'tokens', i, 'profile'] })),
    ...(jwt ?? []).flatMap((issuer, i) => issuer.profiles.map((profile, k) => ({ profile, at: ['auth', 'jwt', i, 'profiles', k] }))),
  ];
  for (const { profile, at } of bound) {
    if (profile === undefined || profile === DEFAULT_PROFILE || profiles.has(profile)) continue;
    // Anything but a plain word may be a token in the wrong place.
    const named = /^[A-Za-z]{1,15}$/.test(profile) ? `"${profile}"` : 'of this name';
    throw invalid([`${source.at(at)}: there is no profile ${named}. Add it under "profiles".`]);
  }
  const address = overrides.http ?? data.listen?.http ?? '127.0.0.1:8808';
  const listen = parseListen(address);
  if (!listen) {
    const shown = showValue(['listen', 'http'], address, overrides.http ?? origin.written.listen?.http);
    const where = overrides.http === undefined ? source.at(['listen', 'http']) : '--http';
    throw invalid([
      `${where}: ${shown === HIDDEN_TEXT ? 'listen.http' : shown} is not an address with a port. Write it like 127.0.0.1:8808.`,
    ]);
  }
  const tls = data.listen?.tls && { cert: path(data.listen.tls.cert), key: path(data.listen.tls.key) };
  const published = parsePublic(data.listen?.public ?? '');
  return Object.freeze({
    file: origin.file,
    dir,
    state: path(overrides.state ?? env.PLUGMUX_STATE ?? data.state ?? DEFAULT_STATE),
    pluginFolders: (data.pluginFolders ?? []).map(path),
    plugins,
    upstreams,
    leftOut: new Map([...origin.leftOut, ...leftOut]),
    profiles,
    listen: {
      ...listen,
      hosts: data.listen?.hosts ?? [],
      origins: data.listen?.origins ?? [],
      proxies: data.listen?.proxies ?? [],
      insecure: data.listen?.insecure ?? false,
      ...(published === undefined ? {} : { public: published }),
      ...(tls === undefined ? {} : { tls }),
    },
    proxy: data.proxy,
    tokens,
    ...(jwt === undefined ? {} : { jwt }),
    limits: toLimits(data.limits, (data.listen?.proxies ?? []).length > 0),
    ownLimits: data.limits ?? {},
    audit: {
      required: data.audit?.required,
      arguments: data.audit?.arguments ?? false,
    },
    events: toEventsConfig(data.events),
    metrics: { tools: data.metrics?.tools ?? false, open: data.metrics?.open ?? false, traces: data.metrics?.traces ?? false },
    ...(data.console === undefined ? {} : { console: data.console }),
    stamp: origin.stamp,
    values: data as unknown as Config['values'],
    warnings,
    secrets: [...secretsOf(data, origin.filled, dir), ...proxySecrets(data, env)],
    files: origin.files,
    at: (...where: (string | number)[]) => source.at(where),
    refersToEnv: (...where: (string | number)[]) => source.textAt(where).includes('${env:'),
  });
}

function toProfile(file: ProfileFile, path: (p: string) => string): ProfileFile {
  if (!file.fs) return file;
  const { read = [], write = [], workdir } = file.fs;
  return { ...file, fs: { read: read.map(path), write: write.map(path), ...(workdir === undefined ? {} : { workdir: path(workdir) }) } };
}
