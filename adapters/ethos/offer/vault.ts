import { createHash } from 'node:crypto';
import type { PluginStore } from '../../../src/core/contract/host.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { pluginCredentialRef } from '../sdk/plugin-sdk.ts';

const SPACE = 'secret:';
const GIVEN = 'given:';
const MAX_ENTRIES = 256;
const MAX_KEY_LENGTH = 256;
const MAX_LENGTH = 64 * 1024;

/** A plugin's secrets: those of mcp.json, and those it wrote itself. */
export interface Vault {
  /** Secrets by key. */
  secrets(): Readonly<Record<string, string>>;
  /** Full references, as tools declare them. */
  references(): Readonly<Record<string, string>>;
  /** Keys whose value in mcp.json is another than at the last start; told once. */
  takeChanged(): readonly string[];
  /** Keeps what the plugin wrote. It holds until the file's value changes. */
  set(key: string, value: string): void;
}

/** The vault of one plugin. A credential whose key has a slash is a full reference, any other a secret of this plugin. */
export function openVault(keep: PluginStore, pluginId: string, credentials: Readonly<Record<string, string>>): Vault {
  const given = Object.entries(credentials).filter(([key]) => !key.includes('/'));
  // Without a prototype: a key such as "constructor" is one like any other.
  const secrets: Record<string, string> = Object.assign(Object.create(null), Object.fromEntries(given));
  let changed: string[] = [];
  for (const [key, value] of given) {
    const before = keep.get(GIVEN + key);
    if (before === digest(value)) continue;
    if (before !== undefined) changed.push(key);
    keep.set(GIVEN + key, digest(value));
    keep.delete(SPACE + key);
  }
  for (const [name, value] of keep.entries()) if (name.startsWith(SPACE)) secrets[name.slice(SPACE.length)] = value;
  const full = Object.fromEntries(Object.entries(credentials).filter(([key]) => key.includes('/')));
  return {
    secrets: () => secrets,
    references: () => ({
      ...Object.fromEntries(Object.entries(secrets).map(([key, value]) => [pluginCredentialRef(pluginId, key), value])),
      ...full,
    }),
    takeChanged() {
      const taken = changed;
      changed = [];
      return taken;
    },
    set(key, value) {
      const isNew = secrets[key] === undefined;
      if (value.length > MAX_LENGTH || key.length > MAX_KEY_LENGTH || (isNew && Object.keys(secrets).length >= MAX_ENTRIES)) {
        throw new GatewayError(
          'INVALID_PARAMS',
          `The secret is not kept: a plugin has at most ${MAX_ENTRIES}, with keys of ${MAX_KEY_LENGTH} and values of ${MAX_LENGTH} characters.`,
        );
      }
      keep.set(SPACE + key, value);
      secrets[key] = value;
    },
  };
}

// A digest tells whether a value has changed without keeping it a second time.
function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}
