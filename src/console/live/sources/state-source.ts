import type { LiveMessage } from '../../api/live-types.ts';
import { toCard } from '../../api/shown/cards.ts';
import { countChanges } from '../../api/shown/lock.ts';
import type { ConsoleApp } from '../../parts.ts';
import { STATE_TOPIC, type TopicSource } from '../topics.ts';

const BATCH_MS = 250;
/** Cards are compared this often too, since their figures of the last hour change without an event. */
const COMPARE_MS = 10_000;

// A store that cannot be read is reported elsewhere.
const noCount = (): void => undefined;

/** Plugins, tools and clients that came, changed or went, and a new configuration, after which pages fetch everything again. */
export function createStateSource(app: ConsoleApp, started: number, revision: () => string): TopicSource {
  let publish: ((message: LiveMessage) => void) | undefined;
  let cards = new Map<string, string>();
  let tools = '';
  let revised = '';
  let changes = 0;
  let timer: NodeJS.Timeout | undefined;
  const clients = new Set<string>();

  const readCards = () => app.registry.plugins().map((status) => toCard({ app, started }, status, false));
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
    const next = new Map(readCards().map((card) => [card.id, { card, text: JSON.stringify(card) }]));
    for (const [id, { card, text }] of next) if (cards.get(id) !== text) publish({ type: 'plugin', card });
    for (const id of cards.keys()) if (!next.has(id)) publish({ type: 'plugin.gone', id });
    cards = new Map([...next].map(([id, { text }]) => [id, text]));
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
      cards = new Map(readCards().map((card) => [card.id, JSON.stringify(card)]));
      tools = readTools();
      app.engine.clients.onChange((id) => {
        clients.add(id);
        soon();
      });
      const regular = setInterval(soon, COMPARE_MS).unref();
      return () => {
        publish = undefined;
        app.engine.clients.onChange(undefined);
        clients.clear();
        clearInterval(regular);
        clearTimeout(timer);
        timer = undefined;
      };
    },
  };
}
