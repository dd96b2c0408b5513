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
  /** Reads the store again, after another process has written to it; true if a switch has changed. Throws like the store. */
  reload(): boolean;
  /** Stores a switch. Throws like the store, and then nothing has changed. */
  set(profile: string, tool: SwitchedTool, on: boolean, by: string): void;
}

/** The table `tool_switch` of a store. */
export function createToolSwitches(file: Pick<StateFile, 'read' | 'write'>, now = Date.now): ToolSwitches {
  let off = new Set<string>();
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
    reload() {
      const before = off;
      read();
      return before.size !== off.size || [...off].some((key) => !before.has(key));
    },
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
