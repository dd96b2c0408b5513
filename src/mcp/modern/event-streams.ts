import { toJsonText } from '../../core/json/exact-number.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { wellFormedJson } from '../../core/text/well-formed.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { readEvents } from '../../triggers/read-events.ts';
import type { Triggers } from '../../triggers/triggers.ts';
import type { Reply, RequestLink } from '../request.ts';
import { MODERN_META } from '../wire/era.ts';
import { RpcError } from '../wire/errors.ts';
import type { Outlet } from '../wire/outlet.ts';
import { type Id, notificationText, RPC } from '../wire/wire.ts';
import { type EventRequest, toOccurrence } from './event-shapes.ts';

/** Streams of events. */
export interface EventStreams {
  /** Serves `events/stream`; settles when the stream ends. */
  open(id: Id, wanted: EventRequest, request: RequestLink, outlet: Outlet): Promise<Reply>;
  close(): void;
}

const EXHAUSTED = -32013;
const MAX_STREAMS = 1_024;
const PER_PRINCIPAL = 100;
/** The extension allows 30 s. */
const HEARTBEAT_MS = 25_000;
const PER_READING = 50;
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

interface Stream {
  readonly address: string;
  readonly principal: string;
  end(): void;
  look(): void;
}

/** Streams of the triggers of a gateway. */
export function createEventStreams(gateway: Gateway, triggers: Triggers): EventStreams {
  const streams = new Set<Stream>();
  gateway.onUpdated((address) => {
    for (const stream of streams) if (stream.address === address) stream.look();
  });
  const countOf = (principal: string): number => [...streams].filter((stream) => stream.principal === principal).length;

  return {
    open(id, { name, address, wanted, from }, request, outlet) {
      const { principal } = request.caller;
      if (streams.size >= MAX_STREAMS || countOf(principal) >= PER_PRINCIPAL)
        throw new RpcError(EXHAUSTED, `The limit of ${PER_PRINCIPAL} event streams of a client is reached.`);
      const unsubscribe = gateway.subscribe(address, request.caller);
      if (!unsubscribe) throw new RpcError(RPC.params, 'Unknown event type.');
      const { source } = wanted;
      const meta: JsonObject = { [SUBSCRIPTION]: id };
      const send = (kind: string, params: object): void =>
        outlet.write({
          bytes: notificationText(`notifications/events/${kind}`, wellFormedJson(toJsonText({ ...params, _meta: meta }))),
          last: false,
        });
      let position = from ?? { seq: triggers.table.last(source), last: 0 };
      const cursor = (): string => triggers.cursors.seal(source, position);
      let isOpen = true;
      let reading = false;
      let again = false;
      const deliver = async (): Promise<void> => {
        for (let more = true; more && isOpen; ) {
          const page = await readEvents(triggers, wanted, position, PER_READING);
          if (!isOpen) return;
          if (page.truncated) send('active', { cursor: cursor(), truncated: true });
          for (const { event, position: at } of page.events) send('event', toOccurrence(name, event, triggers.cursors.seal(source, at)));
          ({ position, hasMore: more } = page);
        }
      };
      const look = (): void => {
        again = true;
        if (reading) return;
        reading = true;
        const run = async (): Promise<void> => {
          while (again && isOpen) {
            again = false;
            await deliver();
          }
        };
        run()
          .catch(() => isOpen && send('error', { code: RPC.internal, message: 'The events cannot be read now.' }))
          .finally(() => {
            reading = false;
          });
      };
      return new Promise((resolve) => {
        const leave = (): void => {
          isOpen = false;
          clearInterval(beat);
          streams.delete(stream);
          unsubscribe();
        };
        const end = (): void => {
          leave();
          resolve(toJsonText({ resultType: 'complete', _meta: { ...MODERN_META, ...meta } }));
        };
        const beat = setInterval(() => {
          send('heartbeat', { cursor: cursor() });
          look();
        }, HEARTBEAT_MS).unref();
        const stream: Stream = { address, principal, end, look };
        streams.add(stream);
        request.keepOpen(end);
        request.call().onAbort(leave);
        const missed = from !== undefined && triggers.table.after(source, from.seq, 1).truncated;
        send('active', { cursor: cursor(), truncated: missed });
        // Told already.
        if (missed) position = { ...position, seq: Math.max(position.seq, triggers.table.removed(source)) };
        look();
      });
    },
    close() {
      for (const { end } of [...streams]) end();
    },
  };
}
