import type { Config } from '../config/config.ts';
import type { EventsConfig } from '../config/events.ts';
import { createSelection } from '../policy/patterns.ts';
import type { Webhooks } from './webhooks.ts';

/** The webhooks of the configuration in effect. */
export interface LiveWebhooks {
  /** Whether a webhook names a trigger. */
  wants(plugin: string, trigger: string): boolean;
  /** Calls back when `wants` may have changed; the returned function ends that. */
  onWanted(listener: () => void): () => void;
  /** An event may be stored, or a delivery of the last run due. */
  kick(): void;
  close(): void;
}

/** How soon a changed configuration applies. */
const LOOK_MS = 500;

/** Follows the configuration from the first use on; `create` makes the webhooks of one configuration. */
export function createLiveWebhooks(
  config: () => Pick<Config, 'events'>,
  create: (events: EventsConfig) => Promise<Webhooks>,
): LiveWebhooks {
  let current: EventsConfig | undefined;
  let selections: ReturnType<typeof createSelection>[] = [];
  let hooks: Promise<Webhooks> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const listeners = new Set<() => void>();

  const end = (): void => {
    void hooks?.then(({ close }) => close());
    hooks = undefined;
  };
  const follow = (): void => {
    const { events } = config();
    if (events === current) return;
    const isSame = JSON.stringify(events) === JSON.stringify(current);
    current = events;
    if (isSame) return;
    selections = events.webhooks.map(({ sources }) => createSelection(sources));
    end();
    kick();
    for (const listener of listeners) listener();
  };
  const kick = (): void => {
    if (isClosed) return;
    timer ??= setInterval(follow, LOOK_MS).unref();
    if (current === undefined) return follow();
    if (current.webhooks.length === 0) return;
    hooks ??= create(current);
    void hooks.then((found) => found.kick());
  };
  return {
    wants: (plugin, trigger) => selections.some((selection) => selection.has([`${plugin}.${trigger}`])),
    onWanted(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    kick,
    close() {
      isClosed = true;
      clearInterval(timer);
      end();
    },
  };
}
