import { type AuditHeadTable, createAuditHeadTable } from './audit-head-table.ts';
import { inTransaction } from './database.ts';
import { createStateFile, type StateFile } from './state-file.ts';

/** Namespaced key-value data, in the table `entry` of the state folder's database. Every method throws like StateFile. */
export interface Store extends Pick<StateFile, 'check' | 'refuseUnusable' | 'close'> {
  /** For the other tables. */
  readonly file: StateFile;
  readonly auditHeads: AuditHeadTable;
  get(space: string, key: string): string | undefined;
  set(space: string, key: string, value: string): void;
  /** Writes only if the key does not exist; false if it does. If several processes try, one gets true. */
  add(space: string, key: string, value: string): boolean;
  delete(space: string, key: string): void;
  entries(space: string): ReadonlyMap<string, string>;
  /** The keys of a space, without reading the values. */
  keys(space: string): readonly string[];
  /** Writes without waiting for a lock or the disk; false if another process holds the lock. */
  note(space: string, key: string, value: string): boolean;
}

const SET = 'INSERT INTO entry VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value';
const ADD = 'INSERT INTO entry VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
const DELETE = 'DELETE FROM entry WHERE space = ? AND key = ?';

/** The space of plugins that administrators have disabled. */
export const DISABLED_SPACE = 'disabled-plugins';

/** The space of plugins that administrators have enabled, with the time: enabling a failed plugin retries it in every gateway. */
export const ENABLED_SPACE = 'enabled-plugins';

/** The store in a state folder. Several gateways may share it. */
export function createStore(dir: string): Store {
  const file = createStateFile(dir);
  return {
    file,
    auditHeads: createAuditHeadTable(file),
    get(space, key) {
      const row = file.readEntries(undefined, (db) => db.prepare('SELECT value FROM entry WHERE space = ? AND key = ?').get(space, key)) as
        | { value: string }
        | undefined;
      return row?.value;
    },
    set(space, key, value) {
      file.write((db) => db.prepare(SET).run(space, key, value));
      // A disabled plugin must stay disabled even if only the file is copied, without its log.
      if (space === DISABLED_SPACE) file.settle();
    },
    add(space, key, value) {
      return file.write((db) => db.prepare(ADD).run(space, key, value).changes === 1);
    },
    delete(space, key) {
      file.readEntries(undefined, (db) => inTransaction(db, () => db.prepare(DELETE).run(space, key)));
    },
    entries(space) {
      const rows = file.readEntries([], (db) => db.prepare('SELECT key, value FROM entry WHERE space = ?').all(space)) as {
        key: string;
        value: string;
      }[];
      return new Map(rows.map((row) => [row.key, row.value]));
    },
    keys(space) {
      const rows = file.readEntries([], (db) => db.prepare('SELECT key FROM entry WHERE space = ?').all(space)) as { key: string }[];
      return rows.map(({ key }) => key);
    },
    note: (space, key, value) => file.note((db) => void db.prepare(SET).run(space, key, value)),
    check: file.check,
    refuseUnusable: file.refuseUnusable,
    close: file.close,
  };
}
