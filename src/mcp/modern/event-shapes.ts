import type { StoredEvent } from '../../store/event-table.ts';
import type { Position } from '../../triggers/cursor.ts';
import { toData } from '../../triggers/event-data.ts';
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

/** An event as the extension sends it. */
export function toOccurrence(name: string, event: StoredEvent, cursor: string): object {
  return { eventId: event.eventId, name, timestamp: new Date(event.at).toISOString(), data: toData(event), cursor };
}
