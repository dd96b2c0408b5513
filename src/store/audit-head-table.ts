import { type AuditHead, oldAuditHeads, saveAuditHead } from './audit-head.ts';
import type { StateFile } from './state-file.ts';

/** The ends of audit chains, by run. Throws like the store. */
export interface AuditHeadTable {
  /** Writes without waiting for a lock or the disk; false if another process holds the lock. `at`: milliseconds since 1970. */
  note(run: string, head: AuditHead, at: number): boolean;
  set(run: string, head: AuditHead, at: number): void;
  all(): ReadonlyMap<string, AuditHead>;
}

/** The table `audit_head` of a store. */
export function createAuditHeadTable(file: Pick<StateFile, 'read' | 'write' | 'note'>): AuditHeadTable {
  return {
    note: (run, head, at) => file.note((db) => saveAuditHead(db, run, head, at)),
    set: (run, head, at) => file.write((db) => saveAuditHead(db, run, head, at)),
    all: () =>
      file.read(new Map(), (db) => {
        const rows = db.prepare('SELECT run, file, seq, chain FROM audit_head').all() as unknown as (AuditHead & { run: string })[];
        const heads = new Map<string, AuditHead>(rows.map(({ run, ...head }) => [run, head]));
        // A gateway of an older version may run on the same folder.
        for (const [run, head] of oldAuditHeads(db)) if (head.seq > (heads.get(run)?.seq ?? -1)) heads.set(run, head);
        return heads;
      }),
  };
}
