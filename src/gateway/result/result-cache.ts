import type { ToolResult } from '../../core/contract/content.ts';
import type { CacheRule } from '../../core/contract/tool.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Call } from '../call/call.ts';
import { argumentsFor } from '../call/numbers.ts';
import type { VisibleTool } from '../view/visible-tool.ts';

/** Caches results of tools that declare how long their results stay valid. */
export interface ResultCache {
  get(key: string): ToolResult | undefined;
  /** `size` is in characters. */
  set(key: string, result: ToolResult, size: number, ttlMs: number): void;
  /** Evicts results over the current limits. */
  applyLimits(): void;
}

/** The limits of the cache: results, and characters in total. */
export interface CacheLimits {
  readonly cachedResults: number;
  readonly cachedBytes: number;
}

interface Cached {
  readonly result: ToolResult;
  readonly size: number;
  readonly until: number;
}

/** An empty cache that evicts the oldest results first. `now` is monotonic, in ms. */
export function createResultCache(limits: CacheLimits, now: () => number = () => performance.now()): ResultCache {
  const cached = new Map<string, Cached>();
  let size = 0;

  const drop = (key: string): void => {
    size -= cached.get(key)?.size ?? 0;
    cached.delete(key);
  };

  const evict = (): void => {
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
      evict();
    },
    applyLimits: evict,
  };
}

/**
 * The cache key of a call: plugin version, tool, caller, profile, session, and the arguments or the tool's own key. Undefined
 * if the tool's key function returns none or fails.
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
