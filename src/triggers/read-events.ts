import type { Trigger } from '../core/contract/event-source.ts';
import type { JsonObject } from '../core/json/json.ts';
import type { EventTable, SourceKey, StoredEvent } from '../store/event-table.ts';
import type { Position } from './cursor.ts';

/** What a consumer reads next. */
export interface Page {
  readonly events: readonly { readonly event: StoredEvent; readonly position: Position }[];
  readonly position: Position;
  /** Events were removed, or are older than the consumer wants, before it has seen them. */
  readonly truncated: boolean;
  readonly hasMore: boolean;
}

/** Where events are read, and how the filter of their plugin is asked. */
export interface EventReader {
  readonly table: Pick<EventTable, 'after'>;
  passes(event: StoredEvent, config: JsonObject): Promise<boolean>;
}

/** What a consumer wants. */
export interface Wanted {
  readonly source: SourceKey;
  readonly kind: Trigger['kind'];
  readonly config: JsonObject;
  readonly maxAgeMs?: number | undefined;
}

/** Bounds the work of one reading: each event may be put to the plugin's filter. */
const LOOKED_AT = 100;
const COOLDOWN_S = 60;

/** Reads the events of a source after a position: those that pass the plugin's filter and the consumer's cooldown. */
export async function readEvents(
  { table, passes }: EventReader,
  { source, kind, config, maxAgeMs }: Wanted,
  from: Position,
  count: number,
): Promise<Page> {
  const found = table.after(source, from.seq, LOOKED_AT + 1);
  const oldest = maxAgeMs === undefined ? 0 : Date.now() - maxAgeMs;
  const cooldownMs = kind === 'subscribe' ? cooldownOf(config) * 1_000 : 0;
  const events: Page['events'][number][] = [];
  let { seq, last } = from;
  let { truncated } = found;
  let looked = 0;
  for (const event of found.events) {
    if (looked === LOOKED_AT || events.length === count) break;
    looked += 1;
    ({ seq } = event);
    if (event.at < oldest) truncated = true;
    // A clock that was set back must not hold events back for longer than the cooldown.
    else if (last !== 0 && Math.abs(event.at - last) < cooldownMs) continue;
    else if (await passes(event, config)) {
      last = event.at;
      events.push({ event, position: { seq, last } });
    }
  }
  return { events, position: { seq, last }, truncated, hasMore: looked < found.events.length };
}

/** The pause between two events that a consumer's configuration asks for, in seconds. */
export function cooldownOf({ cooldown_seconds: given }: JsonObject): number {
  const seconds = Number(given);
  return given !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds : COOLDOWN_S;
}
