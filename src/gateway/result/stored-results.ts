import { randomBytes } from 'node:crypto';
import type { Caller } from '../../core/contract/caller.ts';
import type { ResourceContents } from '../../core/contract/content.ts';

/** Whole results whose callers got only their beginning. In memory, for a while, each for its own caller alone. */
export interface StoredResults {
  /** Where the caller can read it; undefined where there is no room for it. */
  store(caller: Caller, texts: readonly StoredText[]): string | undefined;
  /** Undefined where there is none, or another caller's. */
  read(uri: string, caller: Caller): readonly ResourceContents[] | undefined;
  /** Drops what is over the limits that hold now. */
  adopt(): void;
  /** Drops what is kept for such callers. */
  forget(isGone: (caller: Caller) => boolean): void;
}

/** One text of a result. */
export interface StoredText {
  readonly text: string;
  readonly mimeType: string;
}

/** How much is kept, and for how long. */
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

/** An empty store; `now` is in milliseconds and only grows. */
export function createStoredResults(limits: StoredResultLimits, now: () => number = () => performance.now()): StoredResults {
  const kept = new Map<string, Kept>();
  let size = 0;
  let timer: NodeJS.Timeout | undefined;

  const drop = (uri: string, { size: freed }: Kept): void => {
    kept.delete(uri);
    size -= freed;
  };

  const isOver = ({ since }: Kept): boolean => since + limits.keptMs <= now();

  // All live equally long, so the oldest expire first.
  const dropOld = (): void => {
    for (const [uri, item] of kept) {
      if (!isOver(item)) break;
      drop(uri, item);
    }
    clearTimeout(timer);
    timer = kept.size === 0 ? undefined : setTimeout(dropOld, limits.keptMs).unref();
  };

  // The principal that holds most makes room, with its oldest result, so nobody can push out the results of others.
  const makeRoom = (newest?: string): void => {
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
      makeRoom(uri);
      return uri;
    },
    read(uri, { principal, profile }) {
      if (!uri.startsWith(PREFIX)) return undefined;
      const item = kept.get(uri);
      if (!item || isOver(item) || item.caller.principal !== principal || item.caller.profile !== profile) return undefined;
      return item.texts.map(({ text, mimeType }) => ({ uri, mimeType, text }));
    },
    adopt() {
      dropOld();
      makeRoom();
    },
    forget(isGone) {
      for (const [uri, item] of kept) if (isGone(item.caller)) drop(uri, item);
    },
  };
}
