import type { JsonObject } from '../../core/json/json.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { View } from '../../gateway/view/view.ts';
import type { Triggers } from '../../triggers/triggers.ts';
import type { PeerHandler } from '../request.ts';
import type { Outlet } from '../wire/outlet.ts';
import type { Message } from '../wire/wire.ts';
import type { EventServer } from './event-shapes.ts';

/** The methods of the extension for events, which exist in the modern era only. Their code is loaded with the first request. */
export interface EventMethods {
  /** The handler of a request; undefined for other methods. */
  handler(message: Message & { kind: 'request' }, outlet: Outlet): PeerHandler | undefined;
  /** Ends all streams. */
  close(): void;
}

const EXTENSION = 'io.modelcontextprotocol/events';
const METHODS: ReadonlySet<string> = new Set(['events/list', 'events/poll', 'events/stream', 'events/subscribe', 'events/unsubscribe']);

/** Creates the methods for the triggers of a gateway. */
export function createEventMethods(gateway: Gateway, triggers: Triggers): EventMethods {
  let loaded: Promise<EventServer> | undefined;
  return {
    handler(message, outlet) {
      if (!METHODS.has(message.method)) return undefined;
      loaded ??= import('./events.ts').then(({ serveEvents }) => serveEvents(gateway, triggers));
      const events = loaded;
      return async (request) => (await events).handle(message.method, message.id, request, outlet);
    },
    close: () => void loaded?.then(({ close }) => close()),
  };
}

/** The capabilities of a gateway, with the extension for events if the client sees any trigger. */
export function withEvents(capabilities: JsonObject, resources: View['resources']): JsonObject {
  for (const { resource } of resources.values()) {
    if (!resource.trigger) continue;
    return {
      ...capabilities,
      events: {},
      extensions: { ...(capabilities.extensions as JsonObject | undefined), [EXTENSION]: { listChanged: false } },
    };
  }
  return capabilities;
}
