import { isJsonObject, type JsonObject } from '../core/json/json.ts';
import type { StoredEvent } from '../store/event-table.ts';

/** The data of an event as an object: another value is its member `value`, and the summary is added unless the plugin set one there. */
export function toData({ summary, data }: Pick<StoredEvent, 'summary' | 'data'>): JsonObject {
  const object: JsonObject = data === undefined ? {} : isJsonObject(data) ? data : { value: data };
  return summary === undefined || 'summary' in object ? object : { summary, ...object };
}
