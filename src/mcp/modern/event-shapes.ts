import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import type { StoredEvent } from '../../store/event-table.ts';
import type { Position } from '../../triggers/cursor.ts';
import type { Wanted } from '../../triggers/read-events.ts';
import type { Reply, RequestLink } from '../request.ts';
import type { Outlet } from '../wire/outlet.ts';
import type { Id } from '../wire/wire.ts';

/** Serves the methods of the extension. */
export interface EventServer {
  handle(method: string, id: Id, request: RequestLink, outlet: Outlet): Promise<Reply>;
  close(): void;
}

/** A subscription as a request describes it. */
export interface EventRequest {
  readonly name: string;
  /** The address of the trigger's resource. */
  readonly address: string;
  readonly wanted: Wanted;
  /** Where it begins; undefined for "from now on". */
  readonly from: Position | undefined;
}

/** An event as the extension sends it. Its data is always an object, and has the summary unless the plugin set one there. */
export function toOccurrence(name: string, { eventId, at, summary, data }: StoredEvent, cursor: string): object {
  const object: JsonObject = data === undefined ? {} : isJsonObject(data) ? data : { value: data };
  return {
    eventId,
    name,
    timestamp: new Date(at).toISOString(),
    data: summary === undefined || 'summary' in object ? object : { summary, ...object },
    cursor,
  };
}
