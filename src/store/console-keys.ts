import type { StateFile } from './state-file.ts';

/** A login at the console. Times are milliseconds since 1970. */
export interface StoredSession {
  readonly who: string;
  readonly scopes: readonly string[];
  /** The mark of the token that logged in; absent for a login by link. */
  readonly login?: string;
  readonly created: number;
  readonly seen: number;
  readonly expires: number;
}

/** Login codes and keys of the console, by the digests of their texts. Throws like the store. */
export interface ConsoleKeys {
  addCode(digest: string, expires: number): void;
  /** Uses a code up. False if it is unknown, was used before or has expired. */
  useCode(digest: string, now: number): boolean;
  addSession(digest: string, session: StoredSession): void;
  session(digest: string): StoredSession | undefined;
  /** Extends a session, without waiting for a lock or the disk. */
  extend(digest: string, seen: number, expires: number): void;
  remove(digest: string): void;
  /** Ends the sessions that one principal's tokens opened. */
  removeOf(who: string): void;
  /** Ends every session, and makes every code useless. Returns the number of sessions. */
  removeAll(): number;
}

interface Row {
  readonly who: string;
  readonly scopes: string;
  readonly created: number;
  readonly seen: number;
  readonly expires: number;
}

/** The tables `console_session` and `login_code` of a store. */
export function createConsoleKeys(file: Pick<StateFile, 'read' | 'write' | 'note'>): ConsoleKeys {
  return {
    addCode: (digest, expires) => file.write((db) => void db.prepare('INSERT INTO login_code VALUES (?, ?, NULL)').run(digest, expires)),
    useCode(digest, now) {
      // Guesses of strangers must not write.
      if (!file.read(undefined, (db) => db.prepare('SELECT 1 FROM login_code WHERE digest = ?').get(digest))) return false;
      return file.write((db) => {
        db.prepare('DELETE FROM login_code WHERE expires <= ?').run(now);
        return db.prepare('UPDATE login_code SET used = ? WHERE digest = ? AND used IS NULL').run(now, digest).changes === 1;
      });
    },
    addSession: (digest, { who, scopes, login, created, seen, expires }) =>
      file.write((db) => {
        db.prepare('DELETE FROM console_session WHERE expires <= ?').run(created);
        const rights = JSON.stringify({ scopes, login });
        db.prepare('INSERT INTO console_session VALUES (?, ?, ?, ?, ?, ?)').run(digest, who, rights, created, seen, expires);
      }),
    session: (digest) =>
      file.read(undefined, (db) => {
        const row = db.prepare('SELECT * FROM console_session WHERE digest = ?').get(digest) as Row | undefined;
        return row && { ...row, ...(JSON.parse(row.scopes) as Pick<StoredSession, 'scopes' | 'login'>) };
      }),
    extend: (digest, seen, expires) =>
      void file.note((db) => {
        db.prepare('UPDATE console_session SET seen = ?, expires = ? WHERE digest = ?').run(seen, expires, digest);
      }),
    remove: (digest) => file.write((db) => void db.prepare('DELETE FROM console_session WHERE digest = ?').run(digest)),
    removeOf: (who) =>
      file.write((db) => void db.prepare(`DELETE FROM console_session WHERE who = ? AND scopes LIKE '%"login":%'`).run(who)),
    removeAll: () =>
      file.write((db) => {
        db.exec('DELETE FROM login_code');
        return db.prepare('DELETE FROM console_session').run().changes;
      }),
  };
}
