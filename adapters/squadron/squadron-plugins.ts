import type { Host } from '../../src/core/contract/host.ts';
import type { Plugin } from '../../src/core/contract/plugin.ts';
import type { SquadronReport } from './go-plugin/session.ts';

/** The plugins of this format in one gateway: tools may be made of other plugins' tools. */
export class SquadronPlugins {
  readonly #plugins = new Map<string, Plugin>();
  readonly #reports = new Map<string, SquadronReport>();
  readonly #listeners = new Set<() => void>();

  opened(id: string, plugin: Plugin): void {
    this.#plugins.set(id, plugin);
    plugin.onChange(() => this.#tell());
    this.#tell();
  }

  closed(id: string, plugin: Plugin): void {
    // A newer version of it may have taken its place.
    if (this.#plugins.get(id) !== plugin) return;
    this.#plugins.delete(id);
    this.#reports.delete(id);
    this.#tell();
  }

  find(id: string): Plugin | undefined {
    return this.#plugins.get(id);
  }

  listed(id: string, report: SquadronReport): void {
    this.#reports.set(id, report);
  }

  lastReport(id: string): SquadronReport | undefined {
    return this.#reports.get(id);
  }

  /** Calls back whenever one of them comes, goes or changes, until the returned function is called. */
  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const known = new WeakMap<Host, SquadronPlugins>();

/** Those that were opened with the same host. */
export function squadronPluginsOf(host: Host): SquadronPlugins {
  let plugins = known.get(host);
  if (!plugins) {
    plugins = new SquadronPlugins();
    known.set(host, plugins);
  }
  return plugins;
}
