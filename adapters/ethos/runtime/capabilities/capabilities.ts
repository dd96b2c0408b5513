import { asObject, type JsonObject } from '../../../../src/core/json/json.ts';
import type { EthosTool } from '../format.ts';

/** The parsed capabilities of a tool. */
export interface Capabilities {
  readonly network?: readonly string[];
  readonly secrets?: readonly string[];
  readonly storage?: { readonly scope: 'tool-private' | 'session' | 'personality'; readonly ttl?: number };
  readonly files?: { readonly read: Paths; readonly write: Paths };
  readonly binaries?: readonly string[];
  /** Declared but not supported: the tool must not run. */
  readonly unserved: readonly string[];
}

/** Paths as a list, or `from-personality`: the paths that the caller's profile allows. */
export type Paths = readonly string[] | 'from-personality';

const SCOPES = ['tool-private', 'session', 'personality'];

/** Reads the capabilities of a tool. Invalid ones count as `unserved`: a tool must not run with less than it declared. */
export function toCapabilities({ capabilities }: EthosTool): Capabilities {
  const raw = asObject(capabilities);
  const unserved: string[] = [];
  const read = <T>(key: string, understand: (value: JsonObject[string]) => T | undefined): T | undefined => {
    const value = raw[key];
    if (value === undefined || value === null) return undefined;
    const understood = understand(value);
    if (understood === undefined) unserved.push(key);
    return understood;
  };
  const network = read('network', (value) => texts(asObject(value).allowedHosts));
  const secrets = read('secrets', texts);
  const storage = read('storage', (value) => {
    const { scope, kind, ttlSecondsDefault } = asObject(value);
    if (kind !== 'kv' || !SCOPES.includes(String(scope))) return undefined;
    const ttl = typeof ttlSecondsDefault === 'number' ? { ttl: ttlSecondsDefault } : {};
    return { scope: scope as 'session', ...ttl };
  });
  const files = read('fs_reach', (value) => {
    const { read: r = [], write: w = [] } = asObject(value);
    const [forRead, forWrite] = [paths(r), paths(w)];
    return forRead && forWrite ? { read: forRead, write: forWrite } : undefined;
  });
  const binaries = read('process', (value) => texts(asObject(value).allowedBinaries));
  return {
    ...(network ? { network } : {}),
    ...(secrets ? { secrets } : {}),
    ...(storage ? { storage } : {}),
    ...(files ? { files } : {}),
    ...(binaries ? { binaries } : {}),
    unserved,
  };
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? (value as string[]) : undefined;
}

function paths(value: unknown): Paths | undefined {
  return value === 'from-personality' ? value : texts(value);
}
