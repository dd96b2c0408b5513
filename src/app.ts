import { join } from 'node:path';
import type { Config } from './config/config.ts';
import { createWatcher, type Watcher } from './config/watch.ts';
import type { Adapter } from './core/adapter.ts';
import { GatewayError, toError } from './core/errors.ts';
import type { Logger } from './core/log.ts';
import type { Redactor } from './core/redact.ts';
import { askClient, createApprovals } from './gateway/approvals.ts';
import { createAudit } from './gateway/audit.ts';
import { createGateway, type Gateway } from './gateway/gateway.ts';
import { type PluginAdmin, toAdminTool } from './gateway/plugin-admin.ts';
import { createHost } from './host/host.ts';
import { createEngine, type Engine } from './mcp/engine.ts';
import { createEnablement } from './policy/enablement.ts';
import { createGrants, type Grants } from './policy/grants.ts';
import { createPolicy, type Policy } from './policy/policy.ts';
import { createTickets } from './policy/tickets.ts';
import { createRegistry, type Registry } from './registry/registry.ts';
import type { SlotStatus } from './registry/slot.ts';
import { findPlugins } from './registry/sources.ts';
import { createStore, keepOf, spaceOf } from './store/store.ts';

/** What the house is built from. */
export interface AppParts {
  readonly config: Config;
  readonly adapters: readonly Adapter[];
  readonly redactor: Redactor;
  readonly log: Logger;
  /** Runs with a damaged store too, in which every plugin counts as disabled; otherwise that is STORE_DAMAGED. */
  readonly acceptDamage?: boolean;
}

/** How long until a store that could not be read is tried again. */
const STORE_AGAIN_MS = 5_000;

/** The running house, without any transport. */
export interface App {
  readonly gateway: Gateway;
  readonly registry: Registry;
  readonly engine: Engine;
  readonly grants: Grants;
  config(): Config;
  policy(): Policy;
  /** Takes over a new configuration, or the same one after plugins have changed. Calls in flight go on. */
  adopt(config: Config): Promise<void>;
  readonly admin: PluginAdmin;
  /** Follows the configuration file and the plugins from now on. `load` reads the file anew. */
  follow(load: () => Config): Promise<void>;
  /** Whether every plugin opened or failed once, or had `firstListMs` for it; true for good from then on. */
  ready(): boolean;
  /** Calls in flight. */
  calls(): number;
  /** Every plugin with its state. */
  plugins(): readonly SlotStatus[];
  /** Takes no new calls, and ends the streams that nothing else would end. */
  drain(): void;
  /** Drains, ends plugins and writes down what is left. */
  close(): Promise<void>;
}

/** Builds the floors in order and opens the plugins; closing goes the other way round. */
export async function createApp({ config: first, adapters, redactor, log, acceptDamage = false }: AppParts): Promise<App> {
  let config = first;
  let policy = createPolicy(config);
  let watcher: Watcher | undefined;
  let adopting: Promise<void> = Promise.resolve();
  const learn = (next: Config): void => {
    for (const secret of next.secrets) redactor.add(secret);
    for (const warning of next.warnings) log.warn(warning);
  };
  learn(config);

  const store = createStore(config.state);
  if (!acceptDamage) store.refuseDamage();
  const host = createHost(config.state, config.limits, (id) => keepOf(store, spaceOf(id)), log, redactor.add);
  const registry = createRegistry(host, store, log);
  const grants = createGrants(store);
  const approvals = createApprovals(createTickets(store, config.limits.askMs), grants, redactor, [askClient]);
  const audit = createAudit(join(config.state, 'audit'), config.audit.arguments, log);
  const gateway = createGateway({ config, policy }, registry, approvals, grants, audit, redactor, log);
  const engine = createEngine(gateway, config.limits, config.tokens.length === 0, redactor, log);

  const drain = (): void => {
    gateway.drain();
    engine.endStreams();
  };
  const watchAll = (): void => {
    const plugins = registry.plugins().flatMap((plugin) => plugin.watch);
    watcher?.set([...(config.file === undefined ? [] : [config.file]), ...config.files, ...config.pluginFolders, ...plugins]);
  };

  // Profiles come with plugins: with them the policy changes, and with it what everybody sees.
  let offered = registry.catalogue().profiles;
  registry.onChange(({ profiles }) => {
    if (JSON.stringify(profiles) === JSON.stringify(offered)) return;
    offered = profiles;
    policy = createPolicy(config, offered);
    gateway.adopt({ config, policy });
  });

  const enablement = createEnablement(store, log);
  let again: NodeJS.Timeout | undefined;
  const apply = async (next: Config): Promise<void> => {
    const nextPolicy = createPolicy(next, offered);
    const found = await findPlugins(next, adapters, host);
    config = next;
    policy = nextPolicy;
    gateway.adopt({ config, policy });
    clearTimeout(again);
    if (enablement.check()) again = setTimeout(() => void adopt(config).catch(() => undefined), STORE_AGAIN_MS).unref();
    await registry.apply(found, next.limits, (item) => nextPolicy.admit(item) ?? enablement.refusal(item.id));
    watchAll();
  };
  await apply(config);

  // A plugin that restarts or joins later must not take the whole gateway out of a load balancer.
  const applied = performance.now();
  let isReady = false;
  const ready = (): boolean => {
    isReady ||= performance.now() - applied > config.limits.firstListMs || registry.plugins().every(({ state }) => state !== 'opening');
    return isReady;
  };

  const adopt = (next: Config): Promise<void> => {
    // What went wrong before is no reason not to try this.
    adopting = adopting.catch(() => undefined).then(() => apply(next));
    return adopting;
  };

  const admin: PluginAdmin = {
    plugins: registry.plugins,
    tools: (pluginId) => [...registry.catalogue().tools.values()].filter(({ plugin }) => plugin.id === pluginId).map(toAdminTool),
    async setEnabled(pluginId, enabled) {
      let unsaved: unknown;
      try {
        enablement.set(pluginId, enabled);
      } catch (error) {
        if (enabled) throw error;
        unsaved = error;
      }
      if (enabled) registry.renew(pluginId);
      await adopt(config);
      if (unsaved instanceof GatewayError) {
        const { code, message, fix } = unsaved;
        throw new GatewayError(code, `${pluginId} is disabled until this process ends; that cannot be kept: ${message}`, { fix });
      }
      if (!enabled) return;
      await registry.start(pluginId);
      const error = registry.plugins().find(({ id }) => id === pluginId)?.error;
      if (error) throw error;
    },
  };

  return {
    admin,
    gateway,
    grants,
    registry,
    engine,
    config: () => config,
    policy: () => policy,
    ready,
    calls: gateway.active,
    plugins: registry.plugins,
    adopt(next) {
      learn(next);
      return adopt(next);
    },
    async follow(load) {
      const reload = (): void => {
        let next: Config;
        try {
          next = load();
        } catch (error) {
          log.error(`the configuration stays as it was: ${toError(error).message}`);
          return;
        }
        learn(next);
        adopting = adopt(next)
          .then(() => registry.start())
          .catch((error) => log.error(`the reload failed: ${toError(error).message}`));
      };
      watcher = await createWatcher(reload, log);
      watchAll();
    },
    drain,
    async close() {
      drain();
      clearTimeout(again);
      await watcher?.close();
      engine.close();
      await adopting.catch(() => undefined);
      await registry.close();
      await host.close();
      await audit.close();
      store.close();
    },
  };
}
