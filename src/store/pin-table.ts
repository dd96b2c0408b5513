import type { StateFile } from './state-file.ts';

/** A part of a plugin that the console accepted after the lock file was written. */
export interface StoredPin {
  /** The configuration file that has the plugin. */
  readonly config: string;
  readonly plugin: string;
  /** The tool's own name, `prompt:<name>` or `instructions`. */
  readonly part: string;
  readonly surface: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly by: string;
}

/** The table `pin` of a store, as one configuration uses it. Throws like the store. */
export interface PinTable {
  list(): readonly StoredPin[];
  /** Adds pins. One configuration can accept several variants of a part. */
  add(pins: readonly Omit<StoredPin, 'config'>[]): void;
  remove(pins: readonly Pick<StoredPin, 'plugin' | 'part' | 'surface'>[]): void;
}

const ADD = `INSERT INTO pin VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET accepted_at = excluded.accepted_at, by = excluded.by`;
const REMOVE = 'DELETE FROM pin WHERE config = ? AND plugin = ? AND tool = ? AND surface = ?';

/** The pins of a configuration file; configurations that share a state folder have their own. */
export function createPinTable(state: Pick<StateFile, 'read' | 'write'>, config: string): PinTable {
  return {
    list: () =>
      state.read([], (db) =>
        db
          .prepare('SELECT config, plugin, tool AS part, surface, accepted_at AS at, by FROM pin WHERE config = ? ORDER BY plugin, tool')
          .all(config),
      ) as StoredPin[],
    add: (pins) =>
      state.write((db) => {
        for (const { plugin, part, surface, at, by } of pins) db.prepare(ADD).run(config, plugin, part, surface, at, by);
      }),
    remove(pins) {
      if (pins.length === 0) return;
      state.write((db) => {
        for (const { plugin, part, surface } of pins) db.prepare(REMOVE).run(config, plugin, part, surface);
      });
    },
  };
}
