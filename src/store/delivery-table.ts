import type Database from 'libsql';
import type { StateFile } from './state-file.ts';

/** A delivery of one event to one consumer. */
export interface Delivery {
  readonly seq: number;
  /** Tries so far, with this one. */
  readonly attempts: number;
}

/** What waits for a consumer: the events that it did not get yet. Methods throw like StateFile. */
export interface DeliveryTable {
  /** Records a consumer; a new one begins with the next event. */
  begin(consumer: string): void;
  /** Takes the events since the last call in one transaction: each becomes a delivery if `wants` says so. */
  takeIn(consumer: string, wants: (plugin: string, trigger: string, at: number) => 'pending' | 'held' | undefined): void;
  /** Takes the next due delivery for `leaseMs`, during which no other gateway takes it. */
  claim(consumer: string, leaseMs: number): Delivery | undefined;
  /** When the next delivery is due, in milliseconds since 1970; undefined if none waits. */
  nextAt(consumer: string): number | undefined;
  settle(consumer: string, seq: number, status: 'done' | 'failed' | 'lost', error?: string): void;
  retry(consumer: string, seq: number, nextAt: number, error: string): void;
  /** Failed deliveries, the latest first. */
  failed(consumer: string): readonly { readonly seq: number; readonly attempts: number; readonly error: string }[];
  /** Sends a failed delivery again; false if it has not failed. */
  resend(consumer: string, seq: number): boolean;
}

const TABLES = [
  'CREATE TABLE IF NOT EXISTS consumer (id TEXT NOT NULL PRIMARY KEY, taken_seq INTEGER NOT NULL) WITHOUT ROWID',
  `CREATE TABLE IF NOT EXISTS delivery (consumer TEXT NOT NULL, seq INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL,
    status TEXT NOT NULL, error TEXT, PRIMARY KEY (consumer, seq)) WITHOUT ROWID`,
];
const AT_ONCE = 500;
/** Settled deliveries that are kept for the operator, per consumer. */
const KEPT = 500;

/** The tables `consumer` and `delivery`, created on first use. The table `event` must exist. */
export function createDeliveryTable(file: Pick<StateFile, 'read' | 'write'>, now = Date.now): DeliveryTable {
  let isReady = false;
  const write = <T>(use: (db: Database.Database) => T): T => {
    if (!isReady) file.write((db) => TABLES.forEach((table) => void db.exec(table)));
    isReady = true;
    return file.write(use);
  };
  const update = (consumer: string, seq: number, set: string, ...values: (string | number | null)[]): boolean =>
    write((db) => db.prepare(`UPDATE delivery SET ${set} WHERE consumer = ? AND seq = ?`).run(...values, consumer, seq).changes === 1);

  return {
    begin(consumer) {
      write((db) => {
        const { last } = (db.prepare("SELECT seq AS last FROM sqlite_sequence WHERE name = 'event'").all()[0] as
          | { last: number }
          | undefined) ?? {
          last: 0,
        };
        db.prepare('INSERT INTO consumer VALUES (?, ?) ON CONFLICT DO NOTHING').run(consumer, last);
      });
    },
    takeIn(consumer, wants) {
      write((db) => {
        const { taken } = db.prepare('SELECT taken_seq AS taken FROM consumer WHERE id = ?').all(consumer)[0] as { taken: number };
        const rows = db
          .prepare('SELECT seq, plugin, "trigger" AS source, at FROM event WHERE seq > ? ORDER BY seq LIMIT ?')
          .all(taken, AT_ONCE) as { seq: number; plugin: string; source: string; at: number }[];
        const last = rows.at(-1)?.seq;
        if (last === undefined) return;
        for (const { seq, plugin, source, at } of rows) {
          const status = wants(plugin, source, at);
          if (status !== undefined)
            db.prepare('INSERT INTO delivery VALUES (?, ?, 0, ?, ?, NULL) ON CONFLICT DO NOTHING').run(consumer, seq, now(), status);
        }
        db.prepare('UPDATE consumer SET taken_seq = ? WHERE id = ?').run(last, consumer);
        db.prepare(
          `DELETE FROM delivery WHERE consumer = ? AND status <> 'pending' AND seq NOT IN
            (SELECT seq FROM delivery WHERE consumer = ? AND status <> 'pending' ORDER BY seq DESC LIMIT ${KEPT})`,
        ).run(consumer, consumer);
      });
    },
    claim: (consumer, leaseMs) =>
      write((db) => {
        const row = db
          .prepare("SELECT seq, attempts FROM delivery WHERE consumer = ? AND status = 'pending' AND next_at <= ? ORDER BY seq LIMIT 1")
          .all(consumer, now())[0] as Delivery | undefined;
        if (!row) return undefined;
        const attempts = row.attempts + 1;
        db.prepare('UPDATE delivery SET attempts = ?, next_at = ? WHERE consumer = ? AND seq = ?').run(
          attempts,
          now() + leaseMs,
          consumer,
          row.seq,
        );
        return { seq: row.seq, attempts };
      }),
    nextAt: (consumer) =>
      write(
        (db) =>
          (
            db.prepare("SELECT MIN(next_at) AS next FROM delivery WHERE consumer = ? AND status = 'pending'").all(consumer)[0] as {
              next: number | null;
            }
          ).next ?? undefined,
      ),
    settle: (consumer, seq, status, error) => void update(consumer, seq, 'status = ?, error = ?', status, error ?? null),
    retry: (consumer, seq, nextAt, error) => void update(consumer, seq, 'next_at = ?, error = ?', nextAt, error),
    failed: (consumer) =>
      write(
        (db) =>
          db
            .prepare("SELECT seq, attempts, error FROM delivery WHERE consumer = ? AND status = 'failed' ORDER BY seq DESC")
            .all(consumer) as { seq: number; attempts: number; error: string }[],
      ),
    resend: (consumer, seq) =>
      write(
        (db) =>
          db
            .prepare(
              "UPDATE delivery SET status = 'pending', attempts = 0, next_at = ? WHERE consumer = ? AND seq = ? AND status = 'failed'",
            )
            .run(now(), consumer, seq).changes === 1,
      ),
  };
}
