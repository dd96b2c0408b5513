import type { PluginConfig } from '../config/config.ts';
import type { UserCommand } from '../core/contract/command.ts';
import type { Host } from '../core/contract/host.ts';
import type { ListRequester, Problem } from '../core/contract/plugin.ts';
import { within } from '../core/deferred.ts';
import { GatewayError, toError } from '../core/errors.ts';
import { type Logger, silentLog } from '../core/log.ts';
import type { Store } from '../store/store.ts';
import { withAnnounced } from './announced.ts';
import { buildCatalogue, type Catalogue } from './catalogue/catalogue.ts';
import type { Admit, DiscoveredPlugin } from './discovery/discovered-plugin.ts';
import { createFaultLines } from './fault-lines.ts';
import { type KnownTool, recallKnown } from './offer/known-tools.ts';
import type { OfferMemory } from './offer/offer-memory.ts';
import type { RegistryLimits } from './offer/tools.ts';
import { digestOf } from './plugin-digest.ts';
import { type PluginStatus, toUnavailable } from './plugin-status.ts';
import { RegisteredPlugin } from './registered-plugin.ts';
import { createStatusReader } from './status-reader.ts';

/** All plugins, their states and the catalogue of what they offer. */
export interface Registry {
  /** Applies a list of discovered plugins: opens new ones, replaces changed ones, closes the rest. */
  apply(found: readonly DiscoveredPlugin[], limits: RegistryLimits, admit: Admit): Promise<void>;
  /** Makes the next `apply` reopen a failed plugin. */
  resetFailure(pluginId: string): void;
  /** Makes the next `apply` open a plugin anew; the present one serves until then. */
  replace(pluginId: string): void;
  catalogue(): Catalogue;
  /** Builds it again, because its filter has changed. */
  rebuild(): void;
  plugins(): readonly PluginStatus[];
  config(pluginId: string): PluginConfig | undefined;
  /** The commands that a user can run on a plugin. */
  commands(pluginId: string): readonly UserCommand[];
  onChange(listener: (catalogue: Catalogue) => void): void;
  /** Calls back when the contents of a resource change, with the plugin and its own URI of the resource. */
  onUpdated(listener: (pluginId: string, uri: string) => void): void;
  /** Passes to a plugin the URIs, its own, of the resources that clients subscribed to. */
  setSubscriptions(pluginId: string, uris: ReadonlySet<string>): void;
  /** Lets every plugin update its offer. Undefined if none has to. */
  refresh(requester: ListRequester): Promise<void> | undefined;
  /** Runs the own check of every plugin, or of one; problems by plugin id. */
  check(pluginId?: string): Promise<ReadonlyMap<string, readonly Problem[]>>;
  /** Starts lazily started plugins, all or one, and waits until each is ready or has failed. */
  start(pluginId?: string): Promise<void>;
  /**
   * Starts the plugins that have not listed; settles when each has listed or failed, at the latest after `withinMs`.
   * Undefined if all have. `first`: for a client's first list. If the last start stored offers, it waits only for plugins that
   * loaded then without a stored offer; otherwise for all that did not fail then.
   */
  whenListed(withinMs: number, first?: 'first'): Promise<void> | undefined;
  /** Starts every plugin; settles when each has opened or failed, at the latest after `withinMs`. Undefined if all have. */
  opened(withinMs: number): Promise<void> | undefined;
  /** Whether the last start stored the offer of any plugin. */
  knew(): boolean;
  /** Starts a plugin that is served from memory; settles when it has opened or failed. Undefined if it is not served from memory. */
  opening(pluginId: string, start?: false): Promise<void> | undefined;
  /** Starts a plugin; settles when it has opened or failed. Undefined if it already has. */
  settled(pluginId: string): Promise<void> | undefined;
  /** The plugin whose source declares an unlisted tool of this name. */
  declarer(native: string): string | undefined;
  /** Why a plugin is unavailable; undefined if it may accept calls. */
  unavailable(pluginId: string): GatewayError | undefined;
  close(): Promise<void>;
}

const REMEMBERED = 'known-tools';
const SAVE_AFTER_MS = 1_000;

/** An empty registry. Keeps each plugin's last known tools in `store` and its offer in `memory`, if given; serves what `filter` returns. */
export function createRegistry(
  host: Host,
  store: Store | undefined,
  log: Logger = silentLog,
  memory?: OfferMemory,
  filter: (catalogue: Catalogue) => Catalogue = (catalogue) => catalogue,
): Registry {
  const listeners: ((catalogue: Catalogue) => void)[] = [];
  const updateListeners: ((pluginId: string, uri: string) => void)[] = [];
  const announced = new Set<string>();
  const stale = new Set<string>();
  let plugins: RegisteredPlugin[] = [];
  let limits: RegistryLimits;
  let vettedWith = '';
  let catalogue = buildCatalogue([], 0);
  let closing: Promise<void>[] = [];

  const remembered = (id: string): KnownTool[] => recallKnown(id, () => store?.get(REMEMBERED, id), log);

  const remember = (plugin: RegisteredPlugin): void => {
    plugin.remember();
    const known = plugin.knownTools();
    if (!store || known === undefined || JSON.stringify(known) === JSON.stringify(remembered(plugin.id))) return;
    try {
      store.set(REMEMBERED, plugin.id, JSON.stringify(known));
    } catch (error) {
      log.warn(`plugin "${plugin.id}": tool list cannot be cached: ${(error as Error).message}`);
    }
  };

  const logFaults = createFaultLines(log);
  const statusOf = createStatusReader(host);

  // The plugins that are served from memory.
  let unopened: ReadonlyMap<string, RegisteredPlugin> = new Map();
  const rebuild = (): void => {
    unopened = new Map(plugins.filter(({ isRemembered }) => isRemembered).map((plugin) => [plugin.id, plugin]));
    const contributions = plugins.flatMap((plugin) => plugin.contribution(() => remembered(plugin.id)) ?? []);
    catalogue = filter(buildCatalogue(contributions, limits.tools));
    for (const [name, plugins] of catalogue.collisions) {
      const message = `the tool name "${name}" is claimed by ${plugins.join(' and ')}; each is served as <plugin>_${name}`;
      if (!announced.has(message)) log.warn(message);
      announced.add(message);
    }
    if (catalogue.dropped > 0) log.warn(`${catalogue.dropped} tools dropped: the catalogue exceeds limits.tools (${limits.tools})`);
    for (const listener of listeners) listener(catalogue);
  };

  // Only the next start needs the stored lists, so saving is delayed and batched.
  const unsaved = new Set<RegisteredPlugin>();
  let pruned: string | undefined;
  let isClosed = false;
  const save = (): void => {
    if (isClosed) return;
    for (const plugin of unsaved) if (plugins.includes(plugin)) remember(plugin);
    unsaved.clear();
    const ids = plugins.map(({ id }) => id);
    if (ids.join('\n') === pruned) return;
    pruned = ids.join('\n');
    memory?.prune(new Set(ids));
  };

  let scheduled = false;
  const flush = (): void => {
    if (!scheduled) return;
    scheduled = false;
    try {
      rebuild();
    } catch (error) {
      log.error(`catalogue not rebuilt, the previous one stays active: ${toError(error).stack}`);
    }
    retireSuperseded();
  };
  const changed = (plugin?: RegisteredPlugin): void => {
    if (plugin) logFaults(statusOf(plugin));
    if (plugin && unsaved.size === 0) setTimeout(save, SAVE_AFTER_MS).unref();
    if (plugin) unsaved.add(plugin);
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(flush);
  };

  const watched = new Map<string, ReadonlySet<string>>();
  const watchFor = (plugin: RegisteredPlugin): void => plugin.watch(watched.get(plugin.id) ?? new Set());
  const updated = (plugin: RegisteredPlugin, uri: string): void => {
    if (plugins.includes(plugin)) for (const listener of updateListeners) listener(plugin.id, uri);
  };

  // An older version serves until the newer one has listed.
  const superseded = new Map<RegisteredPlugin, RegisteredPlugin>();
  const retireSuperseded = (): void => {
    for (const [plugin, successor] of superseded) {
      if (!successor.hasListed && plugins.includes(successor)) continue;
      superseded.delete(plugin);
      retire(plugin);
    }
  };

  const wantedOf = (pluginId?: string): RegisteredPlugin[] => plugins.filter(({ id }) => pluginId === undefined || id === pluginId);
  // Plugins that share a process start together, so all are opened before one is started.
  const start = async (pluginId?: string): Promise<void> => {
    const wanted = wantedOf(pluginId);
    await Promise.all(plugins.map((plugin) => plugin.openPlugin().then(() => watchFor(plugin))));
    await Promise.all(wanted.map((plugin) => plugin.start()));
  };

  // The caller reads the catalogue next, so it is rebuilt now.
  const openings = (pending: readonly RegisteredPlugin[], untilLate = false): Promise<void> =>
    Promise.all(
      pending.map((plugin) => (plugin.isRemembered ? plugin.opened.promise : untilLate ? plugin.listedOrLate() : plugin.listed.promise)),
    ).then(flush);
  const knew = (): boolean => plugins.some(({ known }) => known === 'offer');

  const retire = (plugin: RegisteredPlugin, disabled = false): void => {
    const done = plugin.close(disabled).finally(() => {
      closing = closing.filter((c) => c !== done);
    });
    closing.push(done);
  };

  return {
    async apply(found, newLimits, admit) {
      limits = newLimits;
      const { toolNameChars, descriptionChars, schemaBytes, toolsPerPlugin } = limits;
      const vetting = JSON.stringify([toolNameChars, descriptionChars, schemaBytes, toolsPerPlugin]);
      const vetAgain = vettedWith !== '' && vetting !== vettedWith;
      vettedWith = vetting;
      const old = new Map(plugins.map((plugin) => [plugin.id, plugin]));
      const kept: RegisteredPlugin[] = [];
      const opening: Promise<void>[] = [];
      const refusedNow = new Set<string>();
      for (const item of found) {
        const verdict = admit(item);
        const existing = old.get(item.id);
        const isOpen = verdict instanceof GatewayError && existing?.digest === digestOf(item, undefined, host.limits);
        const refused = isOpen ? undefined : verdict;
        const digest = digestOf(item, refused, host.limits);
        if (existing?.digest === digest && !stale.delete(item.id)) {
          old.delete(item.id);
          existing.config = item.config;
          if (vetAgain) existing.vetAgain();
          kept.push(existing);
          continue;
        }
        if (refused !== undefined) refusedNow.add(item.id);
        const plugin = new RegisteredPlugin(item, digest, { limits: newLimits, host, events: { changed, updated }, memory }, existing);
        kept.push(plugin);
        opening.push(plugin.open(refused).then(() => watchFor(plugin)));
      }
      plugins = kept;
      // The newer version of a plugin opens before the older one closes, so that their process group is never empty.
      await Promise.all(opening);
      for (const plugin of plugins) logFaults(statusOf(plugin));
      for (const plugin of old.values()) {
        const successor = plugins.find((s) => s.id === plugin.id);
        if (!successor || successor.hasListed) retire(plugin, refusedNow.has(plugin.id));
        else superseded.set(plugin, successor);
      }
      changed();
      await Promise.resolve();
    },
    resetFailure(pluginId) {
      if (wantedOf(pluginId)[0]?.resetFailure()) stale.add(pluginId);
    },
    replace: (pluginId) => void stale.add(pluginId),
    catalogue: () => catalogue,
    rebuild: () => changed(),
    plugins: () => plugins.map(statusOf),
    config: (id) => plugins.find((plugin) => plugin.id === id)?.config,
    commands: (id) => plugins.find((plugin) => plugin.id === id)?.commands() ?? [],
    onChange: (listener) => void listeners.push(listener),
    onUpdated: (listener) => void updateListeners.push(listener),
    setSubscriptions(pluginId, uris) {
      watched.set(pluginId, uris);
      for (const plugin of plugins) if (plugin.id === pluginId) plugin.watch(uris);
    },
    refresh(requester) {
      const pending = plugins.map((plugin) => plugin.refresh(requester)).filter((promise) => promise !== undefined);
      return pending.length === 0 ? undefined : Promise.all(pending).then(flush);
    },
    check: async (id) =>
      withAnnounced(new Map(await Promise.all(wantedOf(id).map(async (one) => [one.id, await one.check()] as const))), plugins),
    start,
    knew,
    opening(pluginId, now) {
      const plugin = unopened.size === 0 ? undefined : unopened.get(pluginId);
      if (!plugin?.isRemembered) return undefined;
      if (now !== false) void start(pluginId);
      return openings([plugin]);
    },
    settled(pluginId) {
      const plugin = plugins.find(({ id }) => id === pluginId);
      if (!plugin || (plugin.hasListed && !plugin.isRemembered)) return undefined;
      void start(pluginId);
      return openings([plugin]);
    },
    declarer: (native) => plugins.find((plugin) => plugin.declares(native))?.id,
    unavailable(pluginId) {
      const status = plugins.find(({ id }) => id === pluginId)?.status();
      return status?.error && status.state !== 'ready' ? toUnavailable(status) : undefined;
    },
    whenListed(withinMs, first) {
      // The caller reads the catalogue next, so it must contain the latest lists.
      flush();
      const isAwaited = ({ known }: RegisteredPlugin): boolean => first === undefined || (knew() ? known === 'loaded' : known !== 'failed');
      const unlisted = plugins.filter((plugin) => !plugin.hasListed && isAwaited(plugin));
      if (unlisted.length === 0) return undefined;
      for (const { id } of unlisted) void start(id);
      return within(withinMs, openings(unlisted, first !== undefined));
    },
    opened(withinMs) {
      flush();
      const pending = plugins.filter((plugin) => !plugin.hasListed || plugin.isRemembered);
      if (pending.length === 0) return undefined;
      void start();
      return within(withinMs, openings(pending, true));
    },
    async close() {
      for (const plugin of plugins) unsaved.add(plugin);
      save();
      isClosed = true;
      for (const plugin of plugins.reverse()) retire(plugin);
      plugins = [];
      retireSuperseded();
      await Promise.all(closing);
    },
  };
}
