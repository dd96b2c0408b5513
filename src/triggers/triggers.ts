import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { Limits } from '../config/limits.ts';
import type { Adapter } from '../core/contract/adapter.ts';
import type { Trigger } from '../core/contract/event-source.ts';
import type { Plugin } from '../core/contract/plugin.ts';
import { asObject, type JsonObject } from '../core/json/json.ts';
import type { Logger } from '../core/log.ts';
import { createSelection } from '../policy/patterns.ts';
import { createEventTable, type EventTable, type StoredEvent } from '../store/event-table.ts';
import type { StateFile } from '../store/state-file.ts';
import { type Cursors, createCursors } from './cursor.ts';
import { createLiveWebhooks } from './live-webhooks.ts';
import { cooldownOf } from './read-events.ts';
import { withEvents } from './with-events.ts';

/** The triggers of all plugins. */
export interface Triggers {
  /** The adapters; plugins that they open run their triggers. */
  readonly adapters: readonly Adapter[];
  readonly table: EventTable;
  readonly cursors: Cursors;
  /** Ends deliveries. */
  close(): void;
  /** Whether a consumer with this configuration wants an event. An event is wanted if its plugin cannot decide. */
  passes(event: StoredEvent, config: JsonObject): Promise<boolean>;
}

/** The dependencies of triggers. */
export interface TriggerParts {
  readonly file: Pick<StateFile, 'read' | 'write' | 'note' | 'foreignVersion'>;
  /** The limits in effect; reading a property returns its present value. */
  readonly limits: Pick<Limits, 'events' | 'eventDays' | 'callTimeoutMs'>;
  /** Whether triggers run that no client watches. */
  readonly runs: boolean;
  /** The configuration in effect. */
  readonly config: () => Pick<Config, 'events' | 'values'>;
  /** The key of the state folder; undefined if it cannot be read. */
  readonly key: () => Buffer | undefined;
  readonly log: Logger;
}

/** How often a gateway asks whether another one has stored an event, while it watches a trigger. */
const FOREIGN_MS = 1_000;
const FILTER_MS = 2_000;

/** Creates the triggers. Nothing is read or started before a plugin with triggers is used. */
export function createTriggers(adapters: readonly Adapter[], { file, limits, runs, config, key, log }: TriggerParts): Triggers {
  const table = createEventTable(file, limits);
  const onForeign = createForeignWatch(file);
  const open = new Map<string, Plugin>();
  const configOf = (plugin: string, trigger: string): JsonObject =>
    asObject(asObject(asObject(asObject(config().values.plugins)[plugin]).triggers)[trigger]);
  const kindOf = (plugin: string, trigger: string): Trigger['kind'] =>
    open
      .get(plugin)
      ?.offer()
      ?.triggers.find(({ id }) => id === trigger)?.kind;
  const passes: Triggers['passes'] = async ({ plugin, trigger, summary, data }, config) => {
    const event = { ...(summary === undefined ? {} : { summary }), ...(data === undefined ? {} : { data }) };
    const asked = open.get(plugin)?.eventSources?.passes(trigger, event, config) ?? true;
    const late = sleep(FILTER_MS, true, { ref: false });
    return Promise.race([asked, late]).catch(() => true);
  };
  const hooks = createLiveWebhooks(config, async (events) => {
    const { createWebhooks } = await import('./webhooks.ts');
    return createWebhooks({
      config: events,
      file,
      events: table,
      matches: (sources, name) => createSelection(sources).has([name]),
      passes: (event) => passes(event, configOf(event.plugin, event.trigger)),
      cooldownMs: (plugin, trigger) => (kindOf(plugin, trigger) === 'subscribe' ? cooldownOf(configOf(plugin, trigger)) * 1_000 : 0),
      log: log.area('webhooks'),
    });
  });
  return {
    table,
    passes,
    close: hooks.close,
    cursors: createCursors(key),
    adapters: adapters.map((adapter) => ({
      ...adapter,
      async open(manifest, host, known) {
        const plugin = await adapter.open(manifest, host, known);
        if (!plugin.eventSources) return plugin;
        open.set(manifest.id, plugin);
        // Deliveries of the last run may be due, and events from now on count for a new webhook.
        if (runs) hooks.kick();
        return withEvents(plugin, {
          table,
          runs,
          log,
          onForeign,
          wants: hooks.wants,
          onWanted: hooks.onWanted,
          stored: () => runs && hooks.kick(),
          lookMs: () => adapter.callTimeoutMs ?? limits.callTimeoutMs,
        });
      },
    })),
  };
}

function createForeignWatch(file: Pick<StateFile, 'foreignVersion'>): (listener: () => void) => () => void {
  const listeners = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  let seen: string | undefined;
  const look = (): void => {
    const version = file.foreignVersion();
    if (version === seen) return;
    seen = version;
    for (const listener of listeners) {
      try {
        listener();
      } catch {
        // The store cannot be read now; the next look tries again.
        seen = undefined;
      }
    }
  };
  return (listener) => {
    if (listeners.size === 0) {
      seen = file.foreignVersion();
      timer = setInterval(look, FOREIGN_MS).unref();
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) clearInterval(timer);
    };
  };
}
