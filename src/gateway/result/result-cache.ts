import type { ToolResult } from '../../core/contract/content.ts';
import type { CacheRule } from '../../core/contract/tool.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Call } from '../call/call.ts';
import { argumentsFor } from '../call/numbers.ts';
import type { VisibleTool } from '../view/visible-tool.ts';

/** Results of tools that say their answer stays true for a while. */
export interface ResultCache {
  get(key: string): ToolResult | undefined;
  /** `size` is in characters. */
  set(key: string, result: ToolResult, size: number, ttlMs: number): void;
  /** Drops what is over the limits that hold now. */
  adopt(): void;
}

/** How many results are kept, and how much of them. */
export interface CacheLimits {
  readonly cachedResults: number;
  readonly cachedBytes: number;
}

interface Cached {
  readonly result: ToolResult;
  readonly size: number;
  readonly until: number;
}

/** An empty cache; the oldest goes where there is no room. `now` is in milliseconds and only grows. */
export function createResultCache(limits: CacheLimits, now: () => number = () => performance.now()): ResultCache {
  const cached = new Map<string, Cached>();
  let size = 0;

  const drop = (key: string): void => {
    size -= cached.get(key)?.size ?? 0;
    cached.delete(key);
  };

  const makeRoom = (): void => {
    for (const oldest of cached.keys()) {
      if (cached.size <= limits.cachedResults && size <= limits.cachedBytes) break;
      drop(oldest);
    }
  };

  return {
    get(key) {
      const found = cached.get(key);
      if (!found) return undefined;
      if (found.until > now()) return found.result;
      drop(key);
      return undefined;
    },
    set(key, result, own, ttlMs) {
      drop(key);
      if (own > limits.cachedBytes) return;
      cached.set(key, { result, size: own, until: now() + ttlMs });
      size += own;
      makeRoom();
    },
    adopt: makeRoom,
  };
}

/**
 * What makes two calls of a tool equal: plugin and tool as they are, the caller with profile and session, and what the
 * tool itself says. Undefined where the tool says that this call is like no other, or cannot say.
 */
export async function cacheKey(
  rule: CacheRule,
  { entry }: VisibleTool,
  args: JsonObject,
  { caller, session }: Call,
): Promise<string | undefined> {
  const own = rule.key ? await ownKey(rule, argumentsFor(entry.tool, args)) : canonicalJson(args);
  if (typeof own !== 'string') return undefined;
  const { id, digest } = entry.plugin;
  return JSON.stringify([id, digest, entry.tool.name, caller.profile, caller.principal, session, own]);
}

async function ownKey(rule: CacheRule, args: JsonObject): Promise<string | undefined> {
  try {
    return await rule.key?.(args);
  } catch {
    return undefined;
  }
}
