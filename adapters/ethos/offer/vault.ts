import { createHash } from 'node:crypto';
import type { PluginStore } from '../../../src/core/contract/plugin-store.ts';
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
  /** Keys whose value in mcp.json has changed since the last start. Returned once. */
  takeChanged(): readonly string[];
  /** Stores a secret written by the plugin. It applies until the value in mcp.json changes. */
  set(key: string, value: string): void;
}

/** Opens the vault of one plugin. A credential key with a slash is a full reference, any other is a secret of this plugin. */
export function openVault(keep: PluginStore, pluginId: string, credentials: Readonly<Record<string, string>>): Vault {
  const given = Object.entries(credentials).filter(([key]) => !key.includes('/'));
  // No prototype, so that "constructor" is an ordinary key.
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
          `The secret was not stored: a plugin may have ${MAX_ENTRIES} secrets, with keys up to ${MAX_KEY_LENGTH} and values up to ${MAX_LENGTH} characters.`,
        );
      }
      keep.set(SPACE + key, value);
      secrets[key] = value;
    },
  };
}

// A digest detects changes without storing the secret twice.
function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}
