import { toError } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import type { Store } from '../../store/store.ts';
import type { AuditHead } from './audit-log.ts';

/** Stores the ends of audit chains apart from the audit files, so that truncated files are detected. */
export interface AuditHeads {
  save(run: string, head: AuditHead): void;
  /** Saves what has not been saved yet. */
  close(): void;
}

const SPACE = 'audit-heads';
const EVERY_MS = 1_000;

/** Heads in a store, saved after a batch, at most once a second. A head is never ahead of its file. */
export function createAuditHeads(store: Store, log: Logger): AuditHeads {
  let unsaved: { readonly run: string; readonly head: AuditHead } | undefined;
  let last = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let reported = false;

  const write = (save: (run: string, text: string) => boolean): void => {
    clearTimeout(timer);
    timer = undefined;
    if (!unsaved) return;
    last = performance.now();
    try {
      if (save(unsaved.run, JSON.stringify({ ...unsaved.head, at: Date.now() }))) unsaved = undefined;
      reported = false;
    } catch (error) {
      if (!reported)
        log.warn(`the end of the audit chain cannot be stored, so a truncated log would not be detected: ${toError(error).message}`);
      reported = true;
    }
    if (unsaved) schedule(EVERY_MS);
  };
  const note = (): void => write((run, text) => store.note(SPACE, run, text));
  const schedule = (ms: number): void => {
    timer ??= setTimeout(note, ms).unref();
  };

  return {
    save(run, head) {
      unsaved = { run, head };
      const due = last + EVERY_MS - performance.now();
      if (due <= 0) note();
      else schedule(due);
    },
    close() {
      write((run, text) => {
        store.set(SPACE, run, text);
        return true;
      });
      clearTimeout(timer);
    },
  };
}

/** The heads in a store, by run. */
export function readAuditHeads(store: Store): ReadonlyMap<string, AuditHead> {
  const heads = new Map<string, AuditHead>();
  for (const [run, text] of store.entries(SPACE)) {
    const head = toHead(text);
    // An invalid head must not be treated as missing.
    heads.set(run, head ?? { seq: Number.MAX_SAFE_INTEGER, chain: '', file: '' });
  }
  return heads;
}

function toHead(text: string): AuditHead | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value)) return undefined;
    const { seq, chain, file } = value;
    return typeof seq === 'number' && typeof chain === 'string' && typeof file === 'string' ? { seq, chain, file } : undefined;
  } catch {
    return undefined;
  }
}
