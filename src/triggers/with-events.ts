import { randomUUID } from 'node:crypto';
import type { Trigger } from '../core/contract/event-source.ts';
import type { Offer, Plugin } from '../core/contract/plugin.ts';
import type { Resource } from '../core/contract/resource.ts';
import { toJsonText } from '../core/json/exact-number.ts';
import type { StoredEvent } from '../store/event-table.ts';
import { addressOf } from './event-address.ts';
import { createSourceRun, type RunParts, type SourceRun } from './source-run.ts';

/** The dependencies of a plugin's triggers. */
export interface EventParts extends Pick<RunParts, 'table' | 'lookMs' | 'log'> {
  /** Whether triggers run that no client watches. */
  readonly runs: boolean;
  /** Whether something outside of clients wants a trigger. */
  wants(plugin: string, trigger: string): boolean;
  /** Calls back when `wants` may have changed; the returned function ends that. */
  onWanted(listener: () => void): () => void;
  /** Called when a trigger that runs may have a new event. */
  stored(): void;
  /** Calls back when another gateway may have stored an event; the returned function ends that. */
  onForeign(listener: () => void): () => void;
}

/** Events that a resource lists. */
const LISTED = 50;
/** Updates of one address are at least this far apart. */
const UPDATE_MS = 1_000;
/** Other plugins of the same process open before a trigger starts it. */
const ALWAYS_ON_MS = 1_000;

/** A plugin whose triggers run while clients watch them, each with a resource that lists its latest events. */
export function withEvents(plugin: Plugin, parts: EventParts): Plugin {
  const { eventSources: sources, manifest } = plugin;
  if (!sources) return plugin;
  const { id } = manifest;
  const { table, log } = parts;
  // A newer version of the plugin in the same gateway takes over only once this one has ended.
  const owner = randomUUID();
  const runs = new Map<string, SourceRun>();
  const watched = new Map<string, () => void>();
  const listeners: ((uri: string) => void)[] = [];
  const ends: (() => void)[] = [];
  let own: Offer | undefined;
  let offer: Offer | undefined;

  const triggers = (): readonly Trigger[] => plugin.offer()?.triggers ?? [];
  const updater = (trigger: string): (() => void) => {
    const uri = addressOf(id, trigger);
    let waits: NodeJS.Timeout | undefined;
    let isDue = false;
    const send = (): void => {
      isDue = false;
      waits = setTimeout(() => {
        waits = undefined;
        if (isDue) send();
      }, UPDATE_MS).unref();
      for (const listener of listeners) listener(uri);
    };
    return () => {
      if (waits === undefined) send();
      else isDue = true;
    };
  };
  const runOf = (trigger: string): SourceRun => {
    const known = runs.get(trigger);
    if (known) return known;
    const key = { plugin: id, trigger };
    const updated = updater(trigger);
    let seen = table.last(key);
    const notice = (): void => {
      const last = table.last(key);
      if (last === seen) return;
      seen = last;
      parts.stored();
      updated();
    };
    const run = createSourceRun({
      ...parts,
      owner,
      key,
      plugin,
      sources,
      trigger: () => triggers().find((t) => t.id === trigger),
      stored: notice,
      log: log.area(`plugin:${manifest.logName ?? id}`),
    });
    ends.push(parts.onForeign(notice));
    runs.set(trigger, run);
    return run;
  };
  const toResource = (whole: Trigger): Resource => {
    const { id: trigger, title, description } = whole;
    const uri = addressOf(id, trigger);
    return {
      uri,
      name: `${id} ${trigger}`,
      title,
      description: `${description ?? `Events of the trigger "${title}"`}. The latest ${LISTED}, oldest first.`,
      mimeType: 'application/json',
      trigger: whole,
      async read() {
        const events = table.recent({ plugin: id, trigger }, LISTED).map(toListed);
        return [{ uri, mimeType: 'application/json', text: toJsonText(events) }];
      },
    };
  };

  plugin.onChange(() => {
    for (const run of runs.values()) run.changed();
  });
  const standing = new Map<string, () => void>();
  const applyStanding = (): void => {
    for (const { id: trigger } of triggers()) {
      const end = standing.get(trigger);
      const isWanted = sources.alwaysOn?.includes(trigger) === true || parts.wants(id, trigger);
      if (isWanted && !end) standing.set(trigger, runOf(trigger).want());
      if (isWanted || !end) continue;
      standing.delete(trigger);
      end();
    }
  };
  if (parts.runs) {
    const start = setTimeout(() => {
      applyStanding();
      ends.push(parts.onWanted(applyStanding));
    }, ALWAYS_ON_MS).unref();
    ends.push(() => clearTimeout(start));
  }

  return {
    ...plugin,
    offer() {
      const now = plugin.offer();
      if (now !== own) {
        offer = now && now.triggers.length > 0 ? { ...now, resources: [...now.resources, ...now.triggers.map(toResource)] } : now;
        own = now;
      }
      return offer;
    },
    onUpdated(listener) {
      plugin.onUpdated?.(listener);
      listeners.push(listener);
    },
    setSubscriptions(uris) {
      plugin.setSubscriptions?.(uris);
      for (const { id: trigger } of triggers()) {
        const unwatch = watched.get(trigger);
        const isWatched = uris.has(addressOf(id, trigger));
        if (isWatched && !unwatch) watched.set(trigger, runOf(trigger).want());
        if (isWatched || !unwatch) continue;
        watched.delete(trigger);
        unwatch();
      }
    },
    async close(disabled) {
      for (const end of ends) end();
      await Promise.all([...runs.values()].map((run) => run.close()));
      await plugin.close(disabled);
    },
  };
}

/** An event as clients see it. */
export function toListed({ eventId, at, summary, data }: StoredEvent): object {
  return {
    eventId,
    at: new Date(at).toISOString(),
    ...(summary === undefined ? {} : { summary }),
    ...(data === undefined ? {} : { data }),
  };
}
