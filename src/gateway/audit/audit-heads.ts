import { toError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { AuditHead } from '../../store/audit-head.ts';
import type { Store } from '../../store/store.ts';

/** Stores the ends of audit chains apart from the audit files, so that truncated files are detected. */
export interface AuditHeads {
  save(run: string, head: AuditHead): void;
  /** Saves what has not been saved yet. */
  close(): void;
}

const EVERY_MS = 1_000;

/** Heads in a store, saved after a batch, at most once a second. A head is never ahead of its file. */
export function createAuditHeads({ auditHeads: table }: Pick<Store, 'auditHeads'>, log: Logger): AuditHeads {
  let unsaved: { readonly run: string; readonly head: AuditHead } | undefined;
  let last = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let reported = false;

  const write = (save: (run: string, head: AuditHead, at: number) => boolean): void => {
    clearTimeout(timer);
    timer = undefined;
    if (!unsaved) return;
    last = performance.now();
    try {
      if (save(unsaved.run, unsaved.head, Date.now())) unsaved = undefined;
      reported = false;
    } catch (error) {
      if (!reported)
        log.warn(`the end of the audit chain cannot be stored, so a truncated log would not be detected: ${toError(error).message}`);
      reported = true;
    }
    if (unsaved) schedule(EVERY_MS);
  };
  const note = (): void => write(table.note);
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
      write((run, head, at) => {
        table.set(run, head, at);
        return true;
      });
      clearTimeout(timer);
    },
  };
}
