import type { Resource } from '../../../src/core/contract/resource.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';

const MAX_NOTICES = 50;

/** Name of the resource for notices that no monitor sent. */
const NO_MONITOR = 'notify';

/** The last notices of a plugin's monitors, as resources that change. */
export class Notices {
  readonly #pluginId: string;
  readonly #kept = new Map<string, JsonObject[]>();
  readonly #listeners: ((uri: string) => void)[] = [];

  constructor(pluginId: string) {
    this.#pluginId = pluginId;
  }

  /** Adds a notice. Returns whether it is the first of its monitor. */
  add({ monitor, message, sessionKey, payload }: JsonObject): boolean {
    const name = typeof monitor === 'string' ? monitor : NO_MONITOR;
    const notices = this.#kept.get(name) ?? [];
    this.#kept.set(name, notices);
    const rest = Object.fromEntries(Object.entries({ sessionKey, payload }).filter(([, value]) => value !== undefined));
    notices.push({ at: new Date().toISOString(), message: message ?? '', ...rest } as JsonObject);
    if (notices.length > MAX_NOTICES) notices.shift();
    for (const listener of this.#listeners) listener(this.#uri(name));
    return notices.length === 1;
  }

  onAdded(listener: (uri: string) => void): void {
    this.#listeners.push(listener);
  }

  /** One resource for each monitor, and one for notices without a monitor. */
  resources(monitors: readonly string[]): Resource[] {
    const names = [...new Set([...monitors, ...this.#kept.keys()])];
    return names.map((name) => {
      const uri = this.#uri(name);
      return {
        uri,
        name: `${this.#pluginId} ${name}`,
        description: `The last notices of ${name === NO_MONITOR ? 'the plugin' : `its monitor "${name}"`}, oldest first.`,
        mimeType: 'application/json',
        read: async () => [{ uri, mimeType: 'application/json', text: JSON.stringify(this.#kept.get(name) ?? []) }],
      };
    });
  }

  #uri(name: string): string {
    return `trigger://${encodeURIComponent(this.#pluginId)}/${encodeURIComponent(name)}`;
  }
}
