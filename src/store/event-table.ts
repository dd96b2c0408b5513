import type Database from 'libsql';
import type { RawEvent } from '../core/contract/event-source.ts';
import { toJsonText } from '../core/json/exact-number.ts';
import { parseExact } from '../core/json/exact-parse.ts';
import { asObject, type JsonObject, type JsonValue } from '../core/json/json.ts';
import { createEventId, eventIdOf } from './event-id.ts';
import type { StateFile } from './state-file.ts';

/** A trigger of a plugin, by their ids. */
export interface SourceKey {
  readonly plugin: string;
  readonly trigger: string;
}

/** A stored event; `seq` orders the events of all sources. */
export interface StoredEvent extends SourceKey {
  readonly seq: number;
  readonly eventId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly summary?: string;
  readonly data?: JsonValue;
}

/** What is known of a source. Times are in milliseconds since 1970. */
export interface SourceState {
  readonly state: JsonObject;
  readonly nextAt: number;
  readonly okAt?: number;
  /** Failed looks in a row. */
  readonly failures: number;
  readonly error?: string;
}

/** The events of all sources, and the state of each. Every gateway on one state folder shares them. Methods throw like StateFile. */
export interface EventTable {
  state(key: SourceKey): SourceState;
  /** Takes or renews the lease of a source; false if another gateway has it. */
  lease(key: SourceKey, owner: string): boolean;
  release(key: SourceKey, owner: string): void;
  /** Stores the result of a look in one transaction: its event, if any, and the new state. Stores nothing without the lease. */
  commit(key: SourceKey, owner: string, look: { readonly event?: RawEvent; readonly state: JsonObject }, nextAt: number): Look;
  /** Stores the event of an emission, once, even if it is handed over again. */
  append(key: SourceKey, emitId: string, event: RawEvent): Look;
  /** Records a failed look; the state stays as it was. */
  fail(key: SourceKey, owner: string, error: string, nextAt: number): void;
  /** The latest events of a source, oldest first. */
  recent(key: SourceKey, count: number): readonly StoredEvent[];
  /** Events of a source after a `seq`, oldest first, and whether older ones have been removed since. */
  after(key: SourceKey, seq: number, count: number): { readonly events: readonly StoredEvent[]; readonly truncated: boolean };
  /** One event; undefined if it was removed. */
  get(seq: number): StoredEvent | undefined;
  /** The highest `seq` of a removed event of a source; 0 if none was removed. */
  removed(key: SourceKey): number;
  /** The highest `seq` of a source; 0 if it has no events. */
  last(key: SourceKey): number;
}

/** What a write has stored: an event, nothing, or nothing because of a limit or a lost lease. */
export type Look = 'stored' | 'nothing' | 'throttled' | 'lost';

/** Limits of what is stored of one source. */
export interface EventLimits {
  readonly events: number;
  readonly eventDays: number;
}

/** How long a gateway that has died keeps others from looking. */
export const LEASE_MS = 30_000;
/** Bounds one plugin's share of the store. */
const BYTES_PER_SOURCE = 16 * 1024 * 1024;
const DATA_BYTES = 64 * 1024;
const SUMMARY_CHARS = 2_000;
const PER_MINUTE = 100;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const TABLES = [
  `CREATE TABLE IF NOT EXISTS trigger_state (plugin TEXT NOT NULL, "trigger" TEXT NOT NULL, state TEXT NOT NULL DEFAULT '{}',
    next_at INTEGER NOT NULL DEFAULT 0, ok_at INTEGER, failures INTEGER NOT NULL DEFAULT 0, error TEXT, owner TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0, removed_seq INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (plugin, "trigger")) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, plugin TEXT NOT NULL,
    "trigger" TEXT NOT NULL, at INTEGER NOT NULL, summary TEXT, data TEXT, bytes INTEGER NOT NULL)`,
  'CREATE INDEX IF NOT EXISTS event_source ON event (plugin, "trigger", seq)',
];

const OF = 'plugin = ? AND "trigger" = ?';
const LEASE = `UPDATE trigger_state SET owner = ?, lease_until = ? WHERE ${OF} AND (owner = ? OR owner IS NULL OR lease_until < ? OR lease_until > ?)`;
const EXCESS = `seq IN (SELECT seq FROM (SELECT seq, at, SUM(bytes) OVER newest AS total, ROW_NUMBER() OVER newest AS place
  FROM event WHERE ${OF} WINDOW newest AS (ORDER BY seq DESC)) WHERE total > ${BYTES_PER_SOURCE} OR place > ? OR at < ?)`;

interface Row {
  readonly seq: number;
  readonly event_id: string;
  readonly at: number;
  readonly summary: string | null;
  readonly data: string | null;
}

/** The tables `event` and `trigger_state`, which are created on first use, so that a gateway without triggers has none. */
export function createEventTable(file: Pick<StateFile, 'read' | 'write' | 'note'>, limits: EventLimits, now = Date.now): EventTable {
  let isReady = false;
  const attempt = <T>(use: () => T): T => {
    try {
      if (!isReady) file.write((db) => TABLES.forEach((table) => void db.exec(table)));
      isReady = true;
      return use();
    } catch (error) {
      // The file may have been replaced by one without these tables.
      isReady = false;
      throw error;
    }
  };
  const write = <T>(use: (db: Database.Database) => T): T => attempt(() => file.write(use));
  const read = <T>(use: (db: Database.Database) => T): T => attempt(() => file.read(undefined as T, use));

  // Every statement runs to its end: one that does not keeps its lock until it is collected.
  const ensure = (db: Database.Database, { plugin, trigger }: SourceKey): void =>
    void db.prepare('INSERT INTO trigger_state (plugin, "trigger") VALUES (?, ?) ON CONFLICT DO NOTHING').run(plugin, trigger);
  const owns = (db: Database.Database, { plugin, trigger }: SourceKey, owner: string): boolean =>
    db.prepare(`SELECT 1 FROM trigger_state WHERE ${OF} AND owner = ?`).all(plugin, trigger, owner)[0] !== undefined;

  const insert = (db: Database.Database, { plugin, trigger }: SourceKey, eventId: string, event: RawEvent): Look => {
    const at = now();
    const count = db
      .prepare(`SELECT COUNT(*) AS n FROM (SELECT 1 FROM event WHERE ${OF} AND at > ? AND at <= ? LIMIT ${PER_MINUTE})`)
      .all(plugin, trigger, at - MINUTE_MS, at)[0] as { n: number };
    if (count.n >= PER_MINUTE) return 'throttled';
    const data = event.data === undefined ? null : bounded(toJsonText(event.data));
    const summary = event.summary === undefined ? null : event.summary.slice(0, SUMMARY_CHARS);
    const bytes = Buffer.byteLength(data ?? '') + Buffer.byteLength(summary ?? '');
    const { changes } = db
      .prepare(
        'INSERT INTO event (event_id, plugin, "trigger", at, summary, data, bytes) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      )
      .run(eventId, plugin, trigger, at, summary, data, bytes);
    if (changes === 0) return 'nothing';
    const old = [plugin, trigger, limits.events, at - limits.eventDays * DAY_MS];
    const removed = db.prepare(`SELECT MAX(seq) AS seq FROM event WHERE ${EXCESS}`).all(...old)[0] as { seq: number | null };
    if (removed.seq === null) return 'stored';
    db.prepare(`DELETE FROM event WHERE ${EXCESS}`).run(...old);
    ensure(db, { plugin, trigger });
    db.prepare(`UPDATE trigger_state SET removed_seq = MAX(removed_seq, ?) WHERE ${OF}`).run(removed.seq, plugin, trigger);
    return 'stored';
  };
  const note = (db: Database.Database, { plugin, trigger }: SourceKey, error: string | null): void =>
    void db.prepare(`UPDATE trigger_state SET error = ? WHERE ${OF}`).run(error, plugin, trigger);

  return {
    state: ({ plugin, trigger }) =>
      read((db) => {
        const row = db.prepare(`SELECT * FROM trigger_state WHERE ${OF}`).all(plugin, trigger)[0] as
          | { state: string; next_at: number; ok_at: number | null; failures: number; error: string | null }
          | undefined;
        return {
          state: asObject(parseExact(row?.state ?? '{}')),
          nextAt: row?.next_at ?? 0,
          failures: row?.failures ?? 0,
          ...(row?.ok_at == null ? {} : { okAt: row.ok_at }),
          ...(row?.error == null ? {} : { error: row.error }),
        };
      }),
    lease(key, owner) {
      let isHeld = false;
      const take = (db: Database.Database): void => {
        ensure(db, key);
        const at = now();
        // A lease that ends later than any lease can was taken before the clock was set back.
        const { changes } = db.prepare(LEASE).run(owner, at + LEASE_MS, key.plugin, key.trigger, owner, at, at + 2 * LEASE_MS);
        isHeld = changes === 1;
      };
      // A renewal need not survive a power failure, so it does not wait for the disk.
      attempt(() => file.note(take) || file.write(take));
      return isHeld;
    },
    release: ({ plugin, trigger }, owner) =>
      write(
        (db) =>
          void db.prepare(`UPDATE trigger_state SET owner = NULL, lease_until = 0 WHERE ${OF} AND owner = ?`).run(plugin, trigger, owner),
      ),
    commit: (key, owner, { event, state }, nextAt) =>
      write((db) => {
        if (!owns(db, key, owner)) return 'lost';
        const stored = event ? insert(db, key, createEventId(now()), event) : 'nothing';
        // The event of a throttled look is found again by the next one, from the same state.
        if (stored === 'throttled') {
          db.prepare(`UPDATE trigger_state SET next_at = ?, error = ? WHERE ${OF}`).run(nextAt, THROTTLED, key.plugin, key.trigger);
          return stored;
        }
        db.prepare(`UPDATE trigger_state SET state = ?, next_at = ?, ok_at = ?, failures = 0, error = NULL WHERE ${OF}`).run(
          toJsonText(state),
          nextAt,
          now(),
          key.plugin,
          key.trigger,
        );
        return stored;
      }),
    append: (key, emitId, event) =>
      write((db) => {
        const stored = insert(db, key, eventIdOf([key.plugin, key.trigger, emitId]), event);
        if (stored === 'throttled') note(db, key, THROTTLED);
        return stored;
      }),
    fail: ({ plugin, trigger }, owner, error, nextAt) =>
      write(
        (db) =>
          void db
            .prepare(`UPDATE trigger_state SET next_at = ?, failures = failures + 1, error = ? WHERE ${OF} AND owner = ?`)
            .run(nextAt, error, plugin, trigger, owner),
      ),
    recent: (key, count) =>
      read((db) => {
        const rows = db.prepare(`SELECT * FROM event WHERE ${OF} ORDER BY seq DESC LIMIT ?`).all(key.plugin, key.trigger, count) as Row[];
        return rows.map((row) => toEvent(key, row)).reverse();
      }),
    after: (key, seq, count) =>
      read((db) => {
        const { plugin, trigger } = key;
        const rows = db
          .prepare(`SELECT * FROM event WHERE ${OF} AND seq > ? ORDER BY seq LIMIT ?`)
          .all(plugin, trigger, seq, count) as Row[];
        return { events: rows.map((found) => toEvent(key, found)), truncated: removedOf(db, key) > seq };
      }),
    get: (seq) =>
      read((db) => {
        const row = db.prepare('SELECT *, "trigger" AS source FROM event WHERE seq = ?').all(seq)[0] as
          | (Row & { plugin: string; source: string })
          | undefined;
        return row && toEvent({ plugin: row.plugin, trigger: row.source }, row);
      }),
    removed: (key) => read((db) => removedOf(db, key)),
    last: ({ plugin, trigger }) =>
      read(
        (db) => (db.prepare(`SELECT MAX(seq) AS seq FROM event WHERE ${OF}`).all(plugin, trigger)[0] as { seq: number | null }).seq ?? 0,
      ),
  };
}

const THROTTLED = `More than ${PER_MINUTE} events in a minute; the rest is not stored.`;

function removedOf(db: Database.Database, { plugin, trigger }: SourceKey): number {
  const row = db.prepare(`SELECT removed_seq AS removed FROM trigger_state WHERE ${OF}`).all(plugin, trigger)[0] as
    | { removed: number }
    | undefined;
  return row?.removed ?? 0;
}

function toEvent({ plugin, trigger }: SourceKey, { seq, event_id: eventId, at, summary, data }: Row): StoredEvent {
  return {
    seq,
    eventId,
    plugin,
    trigger,
    at,
    ...(summary === null ? {} : { summary }),
    ...(data === null ? {} : { data: parseExact(data) as JsonValue }),
  };
}

function bounded(json: string): string {
  const bytes = Buffer.byteLength(json);
  if (bytes <= DATA_BYTES) return json;
  // Half of the limit, because the text is escaped again.
  const text = Buffer.from(json)
    .subarray(0, DATA_BYTES / 4)
    .toString('utf8');
  return JSON.stringify({ cut: `The data has ${bytes} bytes, which exceeds the limit of ${DATA_BYTES}. This is its beginning.`, text });
}
