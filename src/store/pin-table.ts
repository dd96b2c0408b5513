import type { StateFile } from './state-file.ts';

/** A part of a plugin that the console accepted after the lock file was written. */
export interface StoredPin {
  readonly plugin: string;
  /** The tool's own name, `prompt:<name>` or `instructions`. */
  readonly part: string;
  readonly surface: string;
  /** The lock file that it belongs to. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly by: string;
}

/** The table `pin` of a store. Throws like the store. */
export interface PinTable {
  list(): readonly StoredPin[];
  add(pins: readonly StoredPin[]): void;
  /** Removes the pins of a lock file that has them now. */
  clear(file: string): void;
}

const ADD = `INSERT INTO pin VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET surface = excluded.surface, text = excluded.text, accepted_at = excluded.accepted_at, by = excluded.by`;

export function createPinTable(state: Pick<StateFile, 'read' | 'write'>): PinTable {
  return {
    list() {
      const rows = state.read([], (db) => db.prepare('SELECT plugin, tool, surface, text, accepted_at AS at, by FROM pin').all());
      return (rows as (Omit<StoredPin, 'part' | 'file'> & { tool: string; text: string })[]).map(({ tool, text, ...row }) => ({
        ...row,
        part: tool,
        file: (JSON.parse(text) as { file: string }).file,
      }));
    },
    add: (pins) =>
      state.write((db) => {
        for (const { plugin, part, surface, file, at, by } of pins)
          db.prepare(ADD).run(plugin, part, surface, JSON.stringify({ file }), at, by);
      }),
    clear(file) {
      const own = this.list().filter((pin) => pin.file === file);
      if (own.length === 0) return;
      state.write((db) => {
        for (const { plugin, part } of own) db.prepare('DELETE FROM pin WHERE plugin = ? AND tool = ?').run(plugin, part);
      });
    },
  };
}
