import type { LiveMessage } from '../../api/live-types.ts';
import { toCard, withUsage } from '../../api/shown/cards.ts';
import { countChanges } from '../../api/shown/lock.ts';
import type { Card } from '../../api/types.ts';
import type { ConsoleApp } from '../../parts.ts';
import { STATE_TOPIC, type TopicSource } from '../topics.ts';

const BATCH_MS = 250;
/** Cards are compared this often too, since calls leave the last hour without an event. */
const COMPARE_MS = 10_000;

// A store that cannot be read is reported elsewhere.
const noCount = (): void => undefined;

/** Plugins, tools and clients that came, changed or went, and a new configuration, after which pages fetch everything again. */
export function createStateSource(app: ConsoleApp, started: number, revision: () => string): TopicSource {
  let publish: ((message: LiveMessage) => void) | undefined;
  let cards = new Map<string, { readonly card: Card; readonly text: string }>();
  let lastCall = 0;
  let tools = '';
  let revised = '';
  let changes = 0;
  let timer: NodeJS.Timeout | undefined;
  const clients = new Set<string>();

  const readCards = () => app.registry.plugins().map((status) => toCard({ app, started }, status));
  const toEntry = (card: Card) => [card.id, { card, text: JSON.stringify(card) }] as const;
  const readTools = (): string =>
    JSON.stringify(
      [...app.registry.catalogue().tools.values()].map(({ name, description, tool }) => [name, description.length, tool.approval]),
    ) +
    app
      .policy()
      .profiles()
      .map((profile) => app.gateway.view({ principal: '', profile, scopes: [] }).tools.size);

  const compare = (): void => {
    timer = undefined;
    if (!publish) return;
    const earlier = revised;
    revised = revision();
    if (revised !== earlier) publish({ type: 'resync' });
    const next = new Map(readCards().map(toEntry));
    for (const [id, { card, text }] of next) if (cards.get(id)?.text !== text) publish({ type: 'plugin', card: withUsage(card) });
    for (const id of cards.keys()) if (!next.has(id)) publish({ type: 'plugin.gone', id });
    cards = next;
    const before = tools;
    tools = readTools();
    if (tools !== before) publish({ type: 'tools', revision: String(Date.now()) });
    const known = new Map(clients.size === 0 ? [] : app.engine.clients.list().map((client) => [client.id, client]));
    for (const id of clients) {
      const client = known.get(id);
      publish(client ? { type: 'client', client } : { type: 'client.gone', id });
    }
    clients.clear();
    void countChanges(app).then((n) => {
      if (n !== changes) publish?.({ type: 'change', n });
      changes = n;
    }, noCount);
  };
  // The list of calls is live, so the figures of its plugins follow each call.
  const count = (): void => {
    if (revision() !== revised) soon();
    const { recent, tally } = app.gateway.stats;
    if (recent.last() === lastCall) return;
    lastCall = recent.last();
    const now = Date.now();
    for (const { card: before, text } of [...cards.values()]) {
      const [id, entry] = toEntry({ ...before, hour: tally.hour(before.id, now) });
      if (entry.text === text) continue;
      cards.set(id, entry);
      publish?.({ type: 'plugin', card: withUsage(entry.card) });
    }
  };
  const soon = (): void => {
    if (publish) timer ??= setTimeout(compare, BATCH_MS).unref();
  };
  app.gateway.onChange(soon);

  return {
    scope: 'observe',
    has: (topic) => topic === STATE_TOPIC,
    start(_topic, send) {
      publish = send;
      revised = revision();
      cards = new Map(readCards().map(toEntry));
      lastCall = app.gateway.stats.recent.last();
      tools = readTools();
      app.engine.clients.onChange((id) => {
        clients.add(id);
        soon();
      });
      const regular = setInterval(soon, COMPARE_MS).unref();
      const counting = setInterval(count, BATCH_MS).unref();
      return () => {
        publish = undefined;
        app.engine.clients.onChange(undefined);
        clients.clear();
        clearInterval(regular);
        clearInterval(counting);
        clearTimeout(timer);
        timer = undefined;
      };
    },
  };
}
