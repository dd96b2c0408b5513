import { grants } from '../../core/contract/caller.ts';
import type { Trigger } from '../../core/contract/event-source.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { wellFormedJson } from '../../core/text/well-formed.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createValidatorSet } from '../../registry/validators.ts';
import type { SourceKey } from '../../store/event-table.ts';
import { readEvents } from '../../triggers/read-events.ts';
import type { Triggers } from '../../triggers/triggers.ts';
import type { Reply, RequestLink } from '../request.ts';
import { RpcError } from '../wire/errors.ts';
import { toResult } from '../wire/results.ts';
import { RPC } from '../wire/wire.ts';
import { type EventRequest, type EventServer, toOccurrence } from './event-shapes.ts';
import { createEventStreams } from './event-streams.ts';

/** Numbers of errors of the extension. */
const NOT_FOUND = -32011;
const FORBIDDEN = -32012;
const UNSUPPORTED = -32014;

const NEXT_POLL_MS = 15_000;
const MAX_EVENTS = 100;
const DEFAULT_EVENTS = 50;
/** Triggers that are kept running because clients poll. */
const MAX_KEPT = 1_000;

/** Serves the extension for events, SEP-3415. */
export function serveEvents(gateway: Gateway, triggers: Triggers): EventServer {
  const streams = createEventStreams(gateway, triggers);
  const validators = createValidatorSet();
  const checkers = new WeakMap<JsonObject, ReturnType<typeof validators.compile>>();
  const kept = new Map<string, { end(): void; timer: NodeJS.Timeout }>();

  // Asking keeps the trigger running until two more polls are overdue.
  const keep = (address: string, { caller }: RequestLink): void => {
    const key = JSON.stringify([caller.profile, caller.principal, address]);
    const known = kept.get(key);
    if (!known && kept.size >= MAX_KEPT) return;
    clearTimeout(known?.timer);
    const end = known?.end ?? gateway.subscribe(address, caller);
    if (!end) return;
    const timer = setTimeout(() => {
      kept.delete(key);
      end();
    }, 3 * NEXT_POLL_MS).unref();
    kept.set(key, { end, timer });
  };

  const find = (name: unknown, request: RequestLink): { address: string; source: SourceKey; trigger: Trigger } => {
    if (typeof name !== 'string') throw invalid('"name" must be a string.');
    for (const { address, plugin, resource } of request.view().resources.values()) {
      if (resource.trigger && nameOf(plugin.id, resource.trigger) === name)
        return { address, source: { plugin: plugin.id, trigger: resource.trigger.id }, trigger: resource.trigger };
    }
    throw new RpcError(NOT_FOUND, `Unknown event type: ${name.slice(0, 200)}.`, { kind: 'event' });
  };
  const read = (request: RequestLink): EventRequest => {
    const { name, arguments: args = {}, cursor = null, maxAgeMs } = request.params;
    const { address, source, trigger } = find(name, request);
    if (!isJsonObject(args)) throw invalid('"arguments" must be an object.');
    if (maxAgeMs !== undefined && !(typeof maxAgeMs === 'number' && maxAgeMs >= 0))
      throw invalid('"maxAgeMs" must be a number of at least 0.');
    const fault = trigger.params && checkerOf(trigger.params).validate(args);
    if (fault !== undefined) throw invalid(fault);
    if (cursor !== null && typeof cursor !== 'string') throw invalid('"cursor" must be a string or null.');
    const from = cursor === null ? undefined : triggers.cursors.open(source, cursor);
    if (cursor !== null && !from) throw invalid('Unknown cursor. Begin with null.');
    return { name: name as string, address, wanted: { source, kind: trigger.kind, config: args, maxAgeMs }, from };
  };
  const checkerOf = (schema: JsonObject): ReturnType<typeof validators.compile> => {
    let checker = checkers.get(schema);
    if (!checker) {
      checker = validators.compile(schema, '2020-12');
      checkers.set(schema, checker);
    }
    return checker;
  };

  const list = (request: RequestLink): Reply => {
    const { cursor = null } = request.params;
    if (cursor !== null) throw invalid('Unknown cursor: the list has one page.');
    const events = [...request.view().resources.values()].flatMap(({ plugin, resource: { trigger } }) =>
      trigger
        ? [
            {
              name: nameOf(plugin.id, trigger),
              title: trigger.title,
              description: trigger.description ?? trigger.title,
              delivery: ['poll', 'push'],
              inputSchema: trigger.params ?? { type: 'object', properties: {} },
              payloadSchema: { type: 'object' },
            },
          ]
        : [],
    );
    return wellFormedJson(toResult({ events }, request.era));
  };
  const poll = async (request: RequestLink): Promise<Reply> => {
    const { name, address, wanted, from } = read(request);
    const { maxEvents = DEFAULT_EVENTS } = request.params;
    if (!(typeof maxEvents === 'number' && maxEvents >= 1)) throw invalid('"maxEvents" must be a number of at least 1.');
    keep(address, request);
    const { source } = wanted;
    const page = from
      ? await readEvents(triggers, wanted, from, Math.min(Math.trunc(maxEvents), MAX_EVENTS))
      : { events: [], position: { seq: triggers.table.last(source), last: 0 }, truncated: false, hasMore: false };
    const result = {
      events: page.events.map(({ event, position }) => toOccurrence(name, event, triggers.cursors.seal(source, position))),
      cursor: triggers.cursors.seal(source, page.position),
      truncated: page.truncated,
      hasMore: page.hasMore,
      nextPollMs: page.hasMore ? 0 : NEXT_POLL_MS,
    };
    return wellFormedJson(toResult(result, request.era));
  };

  return {
    async handle(method, id, request, outlet) {
      if (!grants(request.caller.scopes, 'events')) throw new RpcError(FORBIDDEN, 'The token does not have the scope "events".');
      await gateway.whenListed();
      switch (method) {
        case 'events/list':
          return list(request);
        case 'events/poll':
          return poll(request);
        case 'events/stream':
          return streams.open(id, read(request), request, outlet);
        default:
          find(request.params.name, request);
          throw new RpcError(UNSUPPORTED, 'This event type offers no delivery by webhook.', { kind: 'delivery' });
      }
    },
    close() {
      streams.close();
      for (const { end, timer } of kept.values()) {
        clearTimeout(timer);
        end();
      }
      kept.clear();
    },
  };
}

function nameOf(plugin: string, { id }: Trigger): string {
  return `${plugin}.${id}`;
}

function invalid(message: string): RpcError {
  return new RpcError(RPC.params, message);
}
