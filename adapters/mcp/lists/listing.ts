import { hash } from 'node:crypto';
import { GatewayError, toError } from '../../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json/json.ts';
import { RpcFailure } from '../connection/messages.ts';
import type { UpstreamSession } from '../connection/session.ts';
import { isDeeper } from '../nesting.ts';

/** A list is read up to so many items and bytes, and for so long, however many pages it has. */
export interface ListBounds {
  readonly items: number;
  readonly bytes: number;
  readonly ms: number;
}

const BOUNDS: ListBounds = { items: 50_000, bytes: 32 * 1024 * 1024, ms: 60_000 };
// A schema of 64 levels in a tool.
const MAX_LEVELS = 68;
const METHOD_NOT_FOUND = -32601;

/** What was read of one list: all of it, or as much as came before `fault` or before a bound was reached. */
export interface Listed {
  readonly items: readonly JsonValue[];
  /** Why it could not be read to its end; it may be read the next time. */
  readonly fault?: GatewayError;
  /** Which bound it was cut at. */
  readonly cut?: string;
}

/** Reads one list of a server, page by page. `firstMs`: how long its first page may take. Never rejects. */
export async function readList(session: UpstreamSession, method: string, key: string, firstMs: number, bounds = BOUNDS): Promise<Listed> {
  const items: JsonValue[] = [];
  try {
    const cut = await readPages(session, method, key, items, firstMs, bounds);
    return cut === undefined ? { items } : { items, cut };
  } catch (thrown) {
    const error = toError(thrown);
    return { items, fault: error instanceof GatewayError ? error : new GatewayError('PLUGIN_FAILED', error.message, { cause: error }) };
  }
}

async function readPages(
  session: UpstreamSession,
  method: string,
  key: string,
  items: JsonValue[],
  firstMs: number,
  bounds: ListBounds,
): Promise<string | undefined> {
  const seen = new Set<string>();
  let bytes = 0;
  let cursor: string | undefined;
  let until = performance.now() + Math.max(firstMs, bounds.ms);
  for (;;) {
    const left = until - performance.now();
    if (left <= 0) return `${bounds.ms / 1000} s`;
    const params: JsonObject = cursor === undefined ? {} : { cursor };
    const result = await session.ask(method, params, cursor === undefined ? firstMs : left).catch((error) => {
      // Some servers promise a feature and know only part of its methods.
      if (error instanceof RpcFailure && error.number === METHOD_NOT_FOUND && cursor === undefined) return { [key]: [] } as JsonObject;
      throw error;
    });
    // However long a server needed to begin, its pages come at their own pace.
    if (cursor === undefined) until = performance.now() + bounds.ms;
    const page = result[key];
    if (!Array.isArray(page)) throw invalid(`${method} was answered without a list in "${key}"`);
    // Nothing that goes through all of an item gets one that is nested without end.
    const found = page.map((item) => (isDeeper(item, MAX_LEVELS) ? null : item));
    const text = JSON.stringify(found);
    const digest = hash('sha1', text);
    // Some servers mean the end by an empty cursor, and answer that one with the first page again.
    if (found.length > 0 && seen.has(digest)) return undefined;
    seen.add(digest);
    bytes += text.length;
    for (const item of found) {
      if (items.length >= bounds.items) return `${bounds.items} items`;
      items.push(item);
    }
    if (bytes > bounds.bytes) return `${bounds.bytes} bytes`;
    const { nextCursor } = result;
    // A cursor that does not move would be followed for ever.
    if (nextCursor === undefined || nextCursor === null || nextCursor === cursor) return undefined;
    if (typeof nextCursor !== 'string') throw invalid(`${method} was answered with a cursor that is not a text`);
    cursor = nextCursor;
  }
}

function invalid(why: string): GatewayError {
  return new GatewayError('RESULT_INVALID', `The list cannot be used: ${why}.`);
}
