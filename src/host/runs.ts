import type { PluginRun } from '../core/contract/process.ts';

/** A process that runs one or more plugins. */
export interface TrackedProcess {
  pid(): number | undefined;
  readonly isolation: PluginRun['isolation'];
  readonly group?: string;
  readonly exited: Promise<unknown>;
}

/** Which process runs each plugin. */
export interface Runs {
  /** A process was started for these plugins. */
  started(plugins: readonly string[], process: TrackedProcess): void;
  /** `nextTry`: when the plugin's process starts again, on the monotonic clock; 0 if it need not. */
  joined(plugin: string, nextTry: () => number): void;
  /** How a plugin runs; undefined if it never had a process. */
  of(plugin: string): PluginRun | undefined;
}

interface Run {
  process: TrackedProcess;
  since: number;
  restarts: number;
  over: boolean;
}

/** An empty record. */
export function createRuns(): Runs {
  const runs = new Map<string, Run>();
  const tries = new Map<string, () => number>();
  return {
    started(plugins, process) {
      const since = Date.now();
      for (const plugin of plugins) {
        const before = runs.get(plugin);
        // A replacement starts beside its predecessor, so a start after an end is a restart.
        const restarts = (before?.restarts ?? 0) + (before?.over ? 1 : 0);
        const run: Run = { process, since, restarts, over: false };
        runs.set(plugin, run);
        void process.exited.then(() => {
          run.over = true;
        });
      }
    },
    joined: (plugin, nextTry) => void tries.set(plugin, nextTry),
    of(plugin) {
      const run = runs.get(plugin);
      if (!run) return undefined;
      const { process, since, restarts, over } = run;
      const pid = over ? undefined : process.pid();
      const left = (tries.get(plugin)?.() ?? 0) - performance.now();
      return {
        ...(pid === undefined ? {} : { pid, since }),
        restarts,
        ...(left > 0 ? { nextTry: Date.now() + Math.round(left) } : {}),
        isolation: process.isolation,
        ...(process.group === undefined ? {} : { group: process.group }),
      };
    },
  };
}
