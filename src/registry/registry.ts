import { createHash } from 'node:crypto';
import type { PluginConfig } from '../config/config.ts';
import type { UserCommand } from '../core/command.ts';
import { GatewayError, toError } from '../core/errors.ts';
import type { Host, HostLimits } from '../core/host.ts';
import { type Logger, silentLog } from '../core/log.ts';
import type { Asker, Problem } from '../core/plugin.ts';
import type { Store } from '../store/store.ts';
import { buildCatalogue, type Catalogue } from './catalogue.ts';
import { Slot, type SlotStatus } from './slot.ts';
import type { Found } from './sources.ts';
import type { RegistryLimits } from './tools.ts';

/**
 * Says whether a found plugin may be opened: undefined, or the reason it may not. An error means that this cannot be
 * told: then the plugin is not opened, but one that is open already stays so.
 */
export type Admit = (found: Found) => string | GatewayError | undefined;

/** Who is here, under which public names. */
export interface Registry {
  /** Brings the plugins in line with what was found: opens new ones, replaces changed ones, closes the rest. */
  apply(found: readonly Found[], limits: RegistryLimits, admit: Admit): Promise<void>;
  /** Opens a failed plugin anew with the next `apply`. */
  renew(pluginId: string): void;
  catalogue(): Catalogue;
  plugins(): readonly SlotStatus[];
  config(pluginId: string): PluginConfig | undefined;
  /** What a person can run on a plugin. */
  commands(pluginId: string): readonly UserCommand[];
  onChange(listener: (catalogue: Catalogue) => void): void;
  /** Calls back with a plugin and the address, its own, of a resource whose contents have changed. */
  onUpdated(listener: (pluginId: string, uri: string) => void): void;
  /** Lets a plugin know which of its resources somebody wants to hear of. */
  watch(pluginId: string, uris: ReadonlySet<string>): void;
  /** Lets every plugin look whether what it offers has changed. */
  refresh(asker: Asker): Promise<void> | undefined;
  /** Asks every plugin how it is; what is wrong, by plugin. */
  check(): Promise<ReadonlyMap<string, readonly Problem[]>>;
  /** Starts the plugins that start lazily, all or one, and waits until each is ready or has failed. */
  start(pluginId?: string): Promise<void>;
  /** Starts what cannot be listed otherwise; settles when every plugin has listed or failed, at the latest after `withinMs`. Undefined where all have. */
  listed(withinMs: number): Promise<void> | undefined;
  close(): Promise<void>;
}

const REMEMBERED = 'known-tools';
const SAVE_AFTER_MS = 5_000;

/** An empty registry. The last known tools of each plugin are kept in `store`, if there is one. */
export function createRegistry(host: Host, store: Store | undefined, log: Logger = silentLog): Registry {
  const listeners: ((catalogue: Catalogue) => void)[] = [];
  const updateListeners: ((pluginId: string, uri: string) => void)[] = [];
  const announced = new Set<string>();
  const stale = new Set<string>();
  let slots: Slot[] = [];
  let limits: RegistryLimits;
  let vettedWith = '';
  let catalogue = buildCatalogue([], 0);
  let closing: Promise<void>[] = [];

  const remembered = (id: string): string[] => {
    try {
      const names: unknown = JSON.parse(store?.get(REMEMBERED, id) ?? '[]');
      return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
    } catch (error) {
      log.warn(`the last known tools of ${id} cannot be read: ${(error as Error).message}`);
      return [];
    }
  };

  const remember = (slot: Slot): void => {
    const names = slot.nativeNames();
    if (!store || names === undefined || JSON.stringify(names) === JSON.stringify(remembered(slot.id))) return;
    try {
      store.set(REMEMBERED, slot.id, JSON.stringify(names));
    } catch (error) {
      log.warn(`the tools of ${slot.id} cannot be remembered: ${(error as Error).message}`);
    }
  };

  const rebuild = (): void => {
    const contributions = slots.flatMap((slot) => slot.contribution(() => remembered(slot.id)) ?? []);
    catalogue = buildCatalogue(contributions, limits.tools);
    for (const [name, plugins] of catalogue.collisions) {
      const message = `the tool name "${name}" is claimed by ${plugins.join(' and ')}; each is served as <plugin>_${name}`;
      if (!announced.has(message)) log.warn(message);
      announced.add(message);
    }
    if (catalogue.dropped > 0) log.warn(`${catalogue.dropped} tools are not served: there are more than limits.tools (${limits.tools})`);
    for (const listener of listeners) listener(catalogue);
  };

  // Writing down waits until things are quiet: it is needed by the next start at the earliest.
  const unsaved = new Set<Slot>();
  const save = (): void => {
    for (const slot of unsaved) if (slots.includes(slot)) remember(slot);
    unsaved.clear();
  };

  // Whoever serves without looking at every state learns here why something is missing.
  const told = new Map<string, string>();
  const tellFailure = (slot: Slot): void => {
    const { id, state, error } = slot.status();
    if (!['failed', 'needs-config', 'disabled'].includes(state) || !error) return void told.delete(id);
    if (told.get(id) === error.message) return;
    told.set(id, error.message);
    const stop = /[.!?]$/.test(error.message) ? '' : '.';
    log.area(`plugin:${id}`).warn(`It is not served: ${error.message}${stop} ${error.fix}`);
  };

  const toldWithheld = new Map<string, string>();
  const tellOfWithheld = (slot: Slot): void => {
    const text = slot.withheld();
    if (text === undefined) return void toldWithheld.delete(slot.id);
    if (toldWithheld.get(slot.id) === text) return;
    toldWithheld.set(slot.id, text);
    log.area(`plugin:${slot.id}`).warn(text);
  };

  let scheduled = false;
  const flush = (): void => {
    if (!scheduled) return;
    scheduled = false;
    try {
      rebuild();
    } catch (error) {
      log.error(`the catalogue could not be built again, the one before stays: ${toError(error).stack}`);
    }
    endLingering();
  };
  const changed = (slot?: Slot): void => {
    if (slot) tellFailure(slot);
    if (slot) tellOfWithheld(slot);
    if (slot && unsaved.size === 0) setTimeout(save, SAVE_AFTER_MS).unref();
    if (slot) unsaved.add(slot);
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(flush);
  };

  const watched = new Map<string, ReadonlySet<string>>();
  const updated = (slot: Slot, uri: string): void => {
    if (slots.includes(slot)) for (const listener of updateListeners) listener(slot.id, uri);
  };

  // An older version serves until the newer one has listed what it offers.
  const lingering = new Map<Slot, Slot>();
  const endLingering = (): void => {
    for (const [slot, heir] of lingering) {
      if (!heir.hasListed && slots.includes(heir)) continue;
      lingering.delete(slot);
      retire(slot);
    }
  };

  const retire = (slot: Slot, disabled = false): void => {
    const done = slot.close(disabled).finally(() => {
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
      const old = new Map(slots.map((slot) => [slot.id, slot]));
      const kept: Slot[] = [];
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
        const slot = new Slot(item, digest, newLimits, host, { changed, updated }, existing);
        kept.push(slot);
        opening.push(slot.open(refused).then(() => slot.watch(watched.get(slot.id) ?? new Set())));
      }
      slots = kept;
      // The newer version of a plugin is opened before the older one is let go, so that its group never stands empty.
      await Promise.all(opening);
      for (const slot of slots) tellFailure(slot);
      for (const slot of old.values()) {
        const heir = slots.find((s) => s.id === slot.id);
        if (!heir || heir.hasListed) retire(slot, refusedNow.has(slot.id));
        else lingering.set(slot, heir);
      }
      changed();
      await Promise.resolve();
    },
    renew(pluginId) {
      const slot = slots.find(({ id }) => id === pluginId);
      if (slot?.renew()) stale.add(pluginId);
    },
    catalogue: () => catalogue,
    plugins: () => slots.map((slot) => slot.status()),
    config: (id) => slots.find((slot) => slot.id === id)?.config,
    commands: (id) => slots.find((slot) => slot.id === id)?.commands() ?? [],
    onChange: (listener) => void listeners.push(listener),
    onUpdated: (listener) => void updateListeners.push(listener),
    watch(pluginId, uris) {
      watched.set(pluginId, uris);
      for (const slot of slots) if (slot.id === pluginId) slot.watch(uris);
    },
    refresh(asker) {
      const pending = slots.map((slot) => slot.refresh(asker)).filter((promise) => promise !== undefined);
      return pending.length === 0 ? undefined : Promise.all(pending).then(() => undefined);
    },
    check: async () => new Map(await Promise.all(slots.map(async (slot) => [slot.id, await slot.check()] as const))),
    async start(pluginId) {
      await Promise.all(slots.map((slot) => (pluginId === undefined || slot.id === pluginId ? slot.start() : undefined)));
    },
    listed(withinMs) {
      // Whoever asks looks into the catalogue next: what has just listed must stand there.
      flush();
      const unlisted = slots.filter((slot) => !slot.hasListed);
      if (unlisted.length === 0) return undefined;
      for (const slot of unlisted) void slot.start();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        void Promise.all(unlisted.map((slot) => slot.listed)).then(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
    async close() {
      save();
      for (const slot of slots.reverse()) retire(slot);
      slots = [];
      endLingering();
      await Promise.all(closing);
    },
  };
}

/** What a plugin process is told of the limits when it starts; all others are read where they are needed. */
const STARTED_WITH: readonly (keyof HostLimits)[] = ['resultBytes', 'pluginStopMs', 'unresponsiveMs', 'hungMs'];

function digestOf(
  { manifest, adapter, config, error, origin }: Found,
  refused: string | GatewayError | undefined,
  limits: HostLimits,
): string {
  // Of what is left out here the plugin notices nothing.
  const own = { ...config.limits, callTimeoutMs: undefined, resultChars: undefined };
  const behaviour = { ...config, approval: undefined, schemas: undefined, fence: undefined, results: undefined, limits: own };
  const startedWith = (adapter?.startedWith ?? STARTED_WITH).map((name) => limits[name]);
  const text = JSON.stringify([manifest?.digest, manifest?.adapter, origin, behaviour, error?.message, reasonOf(refused), startedWith]);
  return createHash('sha256').update(text).digest('hex');
}

function reasonOf(refused: string | GatewayError | undefined): string | undefined {
  return refused instanceof GatewayError ? refused.code : refused;
}
