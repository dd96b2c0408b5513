import { hash } from 'node:crypto';
import { GatewayError, toError } from '../../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json/json.ts';
import { RpcFailure } from '../connection/messages.ts';
import type { UpstreamSession } from '../connection/session.ts';
import { isDeeper } from '../nesting.ts';

/** Limits of one list, over all its pages. */
export interface ListBounds {
  readonly items: number;
  readonly bytes: number;
  readonly ms: number;
}

const BOUNDS: ListBounds = { items: 50_000, bytes: 32 * 1024 * 1024, ms: 60_000 };
// The levels of a tool around a schema of 64 levels.
const MAX_LEVELS = 68;
const METHOD_NOT_FOUND = -32601;

/** The items read from one list: all, or those before `fault` or a limit. */
export interface Listed {
  readonly items: readonly JsonValue[];
  /** Why reading stopped early; a later attempt may succeed. */
  readonly fault?: GatewayError;
  /** The limit that was reached. */
  readonly cut?: string;
}

/** Reads one list of a server, page by page. `firstMs`: timeout of the first page. Never rejects. */
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
      // Some servers announce a capability, but implement only some of its methods.
      if (error instanceof RpcFailure && error.number === METHOD_NOT_FOUND && cursor === undefined) return { [key]: [] } as JsonObject;
      throw error;
    });
    // The time limit of the pages starts after the first response.
    if (cursor === undefined) until = performance.now() + bounds.ms;
    const page = result[key];
    if (!Array.isArray(page)) throw invalid(`${method} returned no list in "${key}"`);
    // Items that are nested too deep are dropped, so that later recursion is safe.
    const found = page.map((item) => (isDeeper(item, MAX_LEVELS) ? null : item));
    const text = JSON.stringify(found);
    const digest = hash('sha1', text);
    // Some servers end with an empty cursor and answer it with the first page again.
    if (found.length > 0 && seen.has(digest)) return undefined;
    seen.add(digest);
    bytes += text.length;
    for (const item of found) {
      if (items.length >= bounds.items) return `${bounds.items} items`;
      items.push(item);
    }
    if (bytes > bounds.bytes) return `${bounds.bytes} bytes`;
    const { nextCursor } = result;
    // A cursor that does not change would loop endlessly.
    if (nextCursor === undefined || nextCursor === null || nextCursor === cursor) return undefined;
    if (typeof nextCursor !== 'string') throw invalid(`${method} returned a cursor that is not a string`);
    cursor = nextCursor;
  }
}

function invalid(why: string): GatewayError {
  return new GatewayError('RESULT_INVALID', `The list cannot be used: ${why}.`);
}
