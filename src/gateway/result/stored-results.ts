import { randomBytes } from 'node:crypto';
import type { Caller } from '../../core/contract/caller.ts';
import type { ResourceContents } from '../../core/contract/content.ts';

/** Full texts of truncated results. In memory, for a limited time, and only for the caller of the tool. */
export interface StoredResults {
  /** Stores texts and returns their URI; undefined if they exceed the limit. */
  store(caller: Caller, texts: readonly StoredText[]): string | undefined;
  /** Undefined if the URI is unknown, expired or belongs to another caller. */
  read(uri: string, caller: Caller): readonly ResourceContents[] | undefined;
  /** Evicts results over the current limits. */
  applyLimits(): void;
  /** Drops the results of some callers. */
  forget(isGone: (caller: Caller) => boolean): void;
}

/** One text of a result. */
export interface StoredText {
  readonly text: string;
  readonly mimeType: string;
}

/** How much is stored, and for how long. */
export interface StoredResultLimits {
  readonly keptBytes: number;
  readonly keptMs: number;
}

const PREFIX = 'plugmux://results/';

interface Kept {
  readonly caller: Caller;
  readonly texts: readonly StoredText[];
  readonly size: number;
  readonly since: number;
}

/** An empty store; `now` is monotonic, in ms. */
export function createStoredResults(limits: StoredResultLimits, now: () => number = () => performance.now()): StoredResults {
  const kept = new Map<string, Kept>();
  let size = 0;
  let timer: NodeJS.Timeout | undefined;

  const drop = (uri: string, { size: freed }: Kept): void => {
    kept.delete(uri);
    size -= freed;
  };

  const isOver = ({ since }: Kept): boolean => since + limits.keptMs <= now();

  // All have the same lifetime, so the oldest expire first.
  const dropOld = (): void => {
    for (const [uri, item] of kept) {
      if (!isOver(item)) break;
      drop(uri, item);
    }
    clearTimeout(timer);
    timer = kept.size === 0 ? undefined : setTimeout(dropOld, limits.keptMs).unref();
  };

  // Evicts the oldest result of the principal with the most bytes, so that no principal can evict the results of others.
  const evict = (newest?: string): void => {
    while (size > limits.keptBytes) {
      const oldest = new Map<string, { uri: string; bytes: number }>();
      for (const [uri, { caller, size: bytes }] of kept) {
        const share = oldest.get(caller.principal);
        if (share) share.bytes += bytes;
        else oldest.set(caller.principal, { uri, bytes });
      }
      const [first] = [...oldest.values()].filter(({ uri }) => uri !== newest).sort((a, b) => b.bytes - a.bytes);
      if (!first) return;
      drop(first.uri, kept.get(first.uri) as Kept);
    }
  };

  return {
    store(caller, texts) {
      const own = texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
      if (own > limits.keptBytes) return undefined;
      const uri = PREFIX + randomBytes(18).toString('base64url');
      kept.set(uri, { caller, texts, size: own, since: now() });
      size += own;
      dropOld();
      evict(uri);
      return uri;
    },
    read(uri, { principal, profile }) {
      if (!uri.startsWith(PREFIX)) return undefined;
      const item = kept.get(uri);
      if (!item || isOver(item) || item.caller.principal !== principal || item.caller.profile !== profile) return undefined;
      return item.texts.map(({ text, mimeType }) => ({ uri, mimeType, text }));
    },
    applyLimits() {
      dropOld();
      evict();
    },
    forget(isGone) {
      for (const [uri, item] of kept) if (isGone(item.caller)) drop(uri, item);
    },
  };
}
