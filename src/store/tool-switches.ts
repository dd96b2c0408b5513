import { toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { StateFile } from './state-file.ts';

/** A tool, by its plugin and its own name. */
export interface SwitchedTool {
  readonly plugin: { readonly id: string };
  readonly tool: { readonly name: string };
}

/** The tools that an operator switched off, by profile. All gateways on one state folder share them. */
export interface ToolSwitches {
  /** Whether a tool is switched off. Never reads the store. */
  isOff(profile: string, tool: SwitchedTool): boolean;
  /** Reads the store again. If it cannot be read, the switches that are known stay, and a line is logged. */
  load(log: Logger): void;
  /** Calls back soon after another process has changed a switch, until `close`. */
  watch(changed: () => void): void;
  close(): void;
  /** Stores a switch. Throws like the store, and then nothing has changed. */
  set(profile: string, tool: SwitchedTool, on: boolean, by: string): void;
}

/** How often the store is asked whether another process has written to it, which takes some microseconds. */
const LOOK_MS = 1_000;

/** The table `tool_switch` of a store. */
export function createToolSwitches(file: Pick<StateFile, 'read' | 'write' | 'foreignVersion'>, now = Date.now): ToolSwitches {
  let off = new Set<string>();
  let looking: NodeJS.Timeout | undefined;
  const read = (): void => {
    const rows = file.read([], (db) => db.prepare('SELECT profile, plugin, tool FROM tool_switch WHERE "on" = 0').all()) as {
      profile: string;
      plugin: string;
      tool: string;
    }[];
    off = new Set(rows.map(({ profile, plugin, tool }) => keyOf(profile, plugin, tool)));
  };
  return {
    isOff: (profile, { plugin, tool }) => off.size > 0 && off.has(keyOf(profile, plugin.id, tool.name)),
    load(log) {
      try {
        read();
      } catch (error) {
        log.error(`the switches of tools cannot be read: ${toError(error).message}`);
      }
    },
    watch(changed) {
      let version = file.foreignVersion();
      const look = (): void => {
        const latest = file.foreignVersion();
        if (latest === version) return;
        version = latest;
        const before = off;
        try {
          read();
        } catch {
          // A store that cannot be read is reported when plugins are next applied.
          return;
        }
        if (before.size !== off.size || [...off].some((key) => !before.has(key))) changed();
      };
      looking = setInterval(look, LOOK_MS).unref();
    },
    close: () => clearInterval(looking),
    set(profile, { plugin, tool }, on, by) {
      file.write((db) => {
        db.prepare(
          'INSERT INTO tool_switch VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "on" = excluded."on", at = excluded.at, by = excluded.by',
        ).run(profile, plugin.id, tool.name, on ? 1 : 0, now(), by);
      });
      read();
    },
  };
}

function keyOf(...names: readonly string[]): string {
  return JSON.stringify(names);
}
