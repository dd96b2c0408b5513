import type { Readable, Writable } from 'node:stream';
import type { Logger } from '../log.ts';

/** A program to start: no shell, an argument array, and `env` on top of a minimal environment. */
export interface ProgramSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Receives its stderr. */
  readonly log: Logger;
  /** The plugin that it runs. */
  readonly plugin?: string | undefined;
}

/** How the process of a plugin runs. Times in milliseconds since 1970. */
export interface PluginRun {
  /** Absent while no process runs. */
  readonly pid?: number;
  readonly since?: number;
  /** How often it was started again after it had ended. */
  readonly restarts: number;
  readonly nextTry?: number;
  /** `process`: shares a process with its group; `program`: has its own. */
  readonly isolation: 'process' | 'program';
  readonly group?: string;
}

/** A running external program. The host logs its stderr; the adapter reads its stdout. */
export interface Program {
  /** Undefined if it could not be started; `exited` resolves with the reason. */
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when it has ended, with the reason and the last lines of its stderr. */
  readonly exited: Promise<string>;
  /** The last lines of its stderr, oldest first. */
  lastLines(max: number): readonly string[];
  /** Kills it and everything it started. */
  kill(reason: string): void;
  /** Stops it within bounded time: closes stdin, SIGTERM, SIGKILL, then kills remaining processes. Idempotent. */
  stop(): Promise<void>;
}

/** A tool to run to its end: no shell, no input, and a temporary folder that is deleted afterwards. */
export interface ToolSpec extends Omit<ProgramSpec, 'log' | 'plugin'> {
  /** Kills it and everything it started. */
  readonly signal: AbortSignal;
  /** Called for each line of stdout and stderr. */
  onLine(line: string): void;
}

/** How a tool ended. */
export interface ToolEnd {
  /** Undefined if a signal ended it, or it never started. */
  readonly code: number | undefined;
  /** Whether the program does not exist. */
  readonly missing: boolean;
  /** The reason, for messages. */
  readonly why: string;
}
