import { type Agenda, type Item, openAgenda } from './items.ts';

// Written in the dialect of the original host: a `handlers` map, plain values as results, `{ error }` for failures.

interface Logger {
  info(message: string): void;
}

interface Services {
  registerService(name: string, instance: unknown): void;
}

type Config = Record<string, string> & { readonly dataDir?: string };

let agenda: Agenda | undefined;

export function init(_logger: Logger, services: Services): void {
  // Other plugins in the folder can add items, too.
  services.registerService('agenda', {
    add: (title: string, due: string) => open().add(title, due),
  });
}

export async function start(config: Config, logger: Logger): Promise<void> {
  agenda = openAgenda(config.dataDir ?? '.');
  logger.info(`${agenda.items().length} items on the agenda`);
}

function open(config?: Config): Agenda {
  agenda ??= openAgenda(config?.dataDir ?? '.');
  return agenda;
}

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return { error: (error as Error).message };
  }
}

export const handlers = {
  add: async ({ title, due }: { title: string; due: string }, config: Config) => attempt(() => open(config).add(title, due)),
  list: async ({ include = 'open' }: { include?: string }, config: Config) => {
    const now = new Date().toISOString();
    const items = open(config)
      .items()
      .filter((item) => include === 'all' || (!item.done && (include !== 'overdue' || item.due < now)));
    return { items };
  },
  complete: async ({ id }: { id: string }, config: Config) => attempt(() => open(config).complete(id)),
  postpone: async ({ id, due }: { id: string; due: string }, config: Config) => attempt(() => open(config).postpone(id, due)),
};

export const triggers = {
  item_due: {
    async poll(_credentials: Config, state: { told?: string[] }, settings: Config) {
      const horizon = new Date(Date.now() + Number(settings.lead_minutes || 0) * 60_000).toISOString();
      const told = state.told ?? [];
      const due = open(settings)
        .items()
        .filter((item) => !item.done && item.due <= horizon);
      const fresh = due.filter((item) => !told.includes(item.id));
      const event =
        fresh.length === 0
          ? null
          : {
              triggerId: 'item_due',
              pluginId: 'agenda',
              data: { items: fresh },
              summary: summarise(fresh),
            };
      return { event, newState: { told: due.map((item) => item.id) } };
    },
  },
};

function summarise(items: readonly Item[]): string {
  return `Due: ${items.map((item) => item.title).join(', ')}`;
}
