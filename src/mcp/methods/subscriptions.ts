import type { Caller } from '../../core/contract/caller.ts';
import { GatewayError } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { Shares } from '../../core/shares.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { View } from '../../gateway/view/view.ts';
import type { Reply, Request } from '../request.ts';
import { MODERN_META } from '../wire/era.ts';
import type { Outlet } from '../wire/outlet.ts';
import { type Id, notificationText } from '../wire/wire.ts';
import type { ListKind, Lists } from './lists.ts';

const MAX_STREAMS = 1_024;
const MAX_WATCHED = 1_000;
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

/** Lists with change notifications. */
const LIST_NOTIFICATIONS: readonly {
  readonly kinds: readonly ListKind[];
  readonly method: string;
  readonly filter: string;
}[] = [
  {
    kinds: ['tools'],
    method: 'notifications/tools/list_changed',
    filter: 'toolsListChanged',
  },
  {
    kinds: ['prompts'],
    method: 'notifications/prompts/list_changed',
    filter: 'promptsListChanged',
  },
  {
    kinds: ['resources', 'resourceTemplates'],
    method: 'notifications/resources/list_changed',
    filter: 'resourcesListChanged',
  },
];

/** A client that can receive change notifications. */
export interface Subscriber {
  readonly caller: Caller;
  /** The session that plugins see. */
  readonly session: string;
  readonly listening: boolean;
  wants(filter: string): boolean;
  /** Whether the client began with this view, so that it needs no notification. */
  hasSeen(view: View): boolean;
  changed(method: string): void;
  watches(uri: string): boolean;
  updated(uri: string): void;
}

/** Notifies clients of changes in their lists: once per change, even if several plugins caused it. */
export interface Subscriptions {
  add(subscriber: Subscriber): void;
  remove(subscriber: Subscriber): void;
  /** `subscriptions/listen` of the stateless era: settles when the stream ends. */
  listen(id: Id, request: Request, outlet: Outlet): Promise<Reply>;
  /** The resources that the listen streams of a client watch, by the caller's fields of the audit line. */
  watches(audit: string): readonly string[];
  /** Ends every listen stream with its final result, or those of one client. */
  close(audit?: string): void;
  /** Ends the listen streams of some callers. */
  endOf(isGone: (caller: Caller) => boolean): void;
}

/** A listen stream; the older one has the lower number. */
interface ListenStream {
  readonly principal: string;
  readonly caller: Caller;
  readonly audit: string;
  readonly uris: readonly string[];
  readonly number: number;
  end(): void;
}

/** Subscriptions to one gateway. */
export function createSubscriptions(gateway: Gateway, lists: Lists): Subscriptions {
  const subscribers = new Set<Subscriber>();
  const streams = new Set<ListenStream>();
  const shares = new Shares<ListenStream>();
  let opened = 0;
  const known = new Map<string, View>();
  // The last view of subscribers whose session sees other tools than the profile.
  const parts = new WeakMap<Subscriber, View>();
  let scheduled = false;

  // Compared as bytes, so that replacing a plugin by an equal one notifies no client.
  const differs = (before: View, after: View, kinds: readonly ListKind[]): boolean =>
    kinds.some((kind) => !lists.get(before, kind, 'legacy').equals(lists.get(after, kind, 'legacy')));

  const methodsOf = (before: View, after: View): Set<string> =>
    new Set(LIST_NOTIFICATIONS.filter((n) => differs(before, after, n.kinds)).map((n) => n.method));

  const changesOf = (subscriber: Subscriber): Set<string> | undefined => {
    const before = parts.get(subscriber);
    if (!before && known.get(subscriber.caller.profile)?.bySession !== true) return undefined;
    const after = gateway.view(subscriber.caller, subscriber.session);
    parts.set(subscriber, after);
    return before && methodsOf(before, after);
  };

  const notify = (): void => {
    scheduled = false;
    const changes = new Map<string, Set<string>>();
    for (const [profile, before] of known) {
      const after = gateway.view({ principal: '', profile, scopes: [] });
      known.set(profile, after);
      changes.set(profile, methodsOf(before, after));
    }
    for (const subscriber of subscribers) {
      const { profile } = subscriber.caller;
      if (!subscriber.listening || subscriber.hasSeen(known.get(profile) as View)) continue;
      const changed = changesOf(subscriber) ?? changes.get(profile);
      for (const { method, filter } of LIST_NOTIFICATIONS) if (changed?.has(method) && subscriber.wants(filter)) subscriber.changed(method);
    }
  };

  gateway.onChange(() => {
    if (scheduled) return;
    scheduled = true;
    setTimeout(notify, 20).unref();
  });

  gateway.onUpdated((uri) => {
    for (const subscriber of subscribers) if (subscriber.listening && subscriber.watches(uri)) subscriber.updated(uri);
  });

  const add = (subscriber: Subscriber): void => {
    const { profile } = subscriber.caller;
    if (!known.has(profile)) known.set(profile, gateway.view(subscriber.caller));
    subscribers.add(subscriber);
  };

  // Ends the oldest stream of the principal with most streams, unless that is the principal that opens another one.
  const evict = (principal: string): void => {
    const oldest = shares.firstOfLargest(principal, ({ number }) => number);
    if (!oldest || oldest.principal === principal)
      throw new GatewayError('OVERLOADED', `The limit of ${MAX_STREAMS} listen streams is reached.`);
    oldest.end();
  };

  return {
    add,
    remove: (subscriber) => void subscribers.delete(subscriber),
    listen(id, request, outlet) {
      const { notifications } = request.params;
      if (!isJsonObject(notifications))
        throw new GatewayError('INVALID_PARAMS', '"notifications" must be an object.', { field: 'notifications' });
      if (streams.size >= MAX_STREAMS) evict(request.caller.principal);
      const honoured = LIST_NOTIFICATIONS.filter(({ filter }) => notifications[filter] === true).map(({ filter }) => filter);
      const { resourceSubscriptions: wanted } = notifications;
      const watches = new Map<string, () => void>();
      for (const uri of (Array.isArray(wanted) ? wanted : []).slice(0, MAX_WATCHED)) {
        const end = typeof uri === 'string' && !watches.has(uri) ? gateway.subscribe(uri, request.caller) : undefined;
        if (end) watches.set(uri as string, end);
      }
      const meta: JsonObject = { [SUBSCRIPTION]: id };
      const send = (method: string, params: JsonObject): void =>
        outlet.write({
          bytes: notificationText(method, toJsonText({ ...params, _meta: meta })),
          last: false,
        });
      const subscriber: Subscriber = {
        caller: request.caller,
        session: request.session,
        listening: true,
        wants: (filter) => honoured.includes(filter),
        hasSeen: () => false,
        changed: (method) => send(method, {}),
        watches: (uri) => watches.has(uri),
        updated: (uri) => send('notifications/resources/updated', { uri }),
      };
      send('notifications/subscriptions/acknowledged', {
        notifications: {
          ...Object.fromEntries(honoured.map((filter) => [filter, true])),
          ...(watches.size > 0 ? { resourceSubscriptions: [...watches.keys()] } : {}),
        },
      });
      add(subscriber);
      return new Promise((resolve) => {
        const leave = (): void => {
          streams.delete(stream);
          shares.delete(stream.principal, stream);
          subscribers.delete(subscriber);
          for (const end of watches.values()) end();
        };
        const end = (): void => {
          leave();
          resolve(
            toJsonText({
              resultType: 'complete',
              _meta: { ...MODERN_META, ...meta },
            }),
          );
        };
        const stream: ListenStream = {
          principal: request.caller.principal,
          caller: request.caller,
          audit: request.audit,
          uris: [...watches.keys()],
          number: ++opened,
          end,
        };
        streams.add(stream);
        shares.add(stream.principal, stream);
        request.keepOpen(end);
        request.call().onAbort(leave);
      });
    },
    watches: (audit) => [...streams].filter((stream) => stream.audit === audit).flatMap(({ uris }) => uris),
    endOf(isGone) {
      for (const { caller, end } of [...streams]) if (isGone(caller)) end();
    },
    close(of) {
      for (const { audit, end } of [...streams]) if (of === undefined || audit === of) end();
    },
  };
}
