import type { Entry } from '../../../src/core/contract/adapter.ts';
import type { Host } from '../../../src/core/contract/host.ts';
import { asObject, type JsonObject } from '../../../src/core/json/json.ts';

/** The values of a plugin's settings and of the variables that its files name. */
export interface Values {
  /** A setting or credential of the entry in mcp.json, or stored for the plugin. */
  setting(key: string): string | undefined;
  /** The same, or a variable of the entry's `env` or of the gateway's environment. */
  variable(name: string): string | undefined;
}

/** Reads the values of an entry; `config.<plugin>` of it if the entry has several plugins. */
export function createValues(entry: Entry, own: JsonObject | undefined, host: Pick<Host, 'hide'>): Values {
  const settings = own ?? entry.settings;
  const setting = (key: string): string | undefined => {
    if (Object.hasOwn(entry.credentials, key)) {
      const secret = entry.credentials[key] as string;
      host.hide(secret);
      return secret;
    }
    const value = Object.hasOwn(settings, key) ? settings[key] : undefined;
    return value === undefined || value === null ? undefined : typeof value === 'string' ? value : JSON.stringify(value);
  };
  return {
    setting,
    variable(name) {
      const found = setting(name) ?? (Object.hasOwn(entry.env, name) ? entry.env[name] : undefined);
      // What configures the gateway itself, such as its key, is nobody else's.
      return found ?? (name.startsWith('PLUGMUX_') ? undefined : process.env[name]);
    },
  };
}

/** The settings of one plugin of an entry that has several. */
export function ownSettings(entry: Entry, plugin: string): JsonObject {
  return asObject(asObject(entry.options.config)[plugin]);
}
