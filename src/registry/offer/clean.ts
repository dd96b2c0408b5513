import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import { escapeHidden } from '../../core/text/hidden.ts';
import { mapTexts } from '../../core/text/map-texts.ts';

// Descriptions from plugins and servers go straight to the model, so they must not contain text that users cannot see.

/** Escapes hidden characters in a text, and turns CRLF into LF. */
export function cleanText(text: string): string {
  return escapeHidden(text.includes('\r') ? text.replace(/\r\n/g, '\n') : text);
}

/** Applies `cleanText` to every text of a value. */
export function cleanValue<T extends JsonValue | undefined>(value: T): T {
  return value === undefined ? value : (mapTexts(value, cleanText) as T);
}

/** Cleans some members of an object that are texts or plain data; returns the changed ones. A member of another type becomes undefined. */
export function cleanMembers<T extends object>(item: T, texts: readonly (keyof T)[], values: readonly (keyof T)[] = []): Partial<T> {
  const cleaned: Partial<T> = {};
  for (const key of texts) {
    const text = item[key];
    if (text === undefined) continue;
    const clean = typeof text === 'string' ? (cleanText(text) as T[keyof T]) : undefined;
    if (clean !== text) cleaned[key] = clean as T[keyof T];
  }
  for (const key of values) {
    const clean = cleanValue(item[key] as JsonObject | undefined);
    if (clean !== item[key]) cleaned[key] = clean as T[keyof T];
  }
  return cleaned;
}

/** An object with some members replaced. It inherits all others, getters included. */
export function withMembers<T extends object>(item: T, members: Partial<T>): T {
  if (Object.keys(members).length === 0) return item;
  return Object.create(item, Object.getOwnPropertyDescriptors(members)) as T;
}
