import type { Plugin } from '../../src/core/contract/plugin.ts';
import { perHost } from '../../src/host/per-host.ts';
import type { SquadronReport } from './go-plugin/session.ts';

/** The Squadron plugins of one gateway, because tools may build on other plugins' tools. */
export class SquadronPlugins {
  readonly #plugins = new Map<string, Plugin>();
  readonly #reports = new Map<string, SquadronReport>();
  readonly #listeners = new Set<() => void>();

  opened(id: string, plugin: Plugin): void {
    this.#plugins.set(id, plugin);
    plugin.onChange(() => this.#notify());
    this.#notify();
  }

  closed(id: string, plugin: Plugin): void {
    // A newer version may already be registered.
    if (this.#plugins.get(id) !== plugin) return;
    this.#plugins.delete(id);
    this.#reports.delete(id);
    this.#notify();
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

  /** Calls the listener on every change until the returned function is called. */
  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The plugins of the same host. */
export const squadronPluginsOf = perHost(() => new SquadronPlugins());
