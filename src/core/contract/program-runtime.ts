import type { ErrorCode } from '../error-codes.ts';
import type { JsonObject, JsonValue } from '../json/json.ts';
import type { LogLevel } from '../log.ts';
import type { ToolResult } from './content.ts';
import type { CallContext } from './tool.ts';

/** A plugin that is a program: the format starts and connects to it, the host supervises it. */
export interface ProgramRuntime {
  readonly kind: 'program';
  /**
   * Prepares the program (installs, builds, verifies) and returns how to start it. Runs before every start, so that the
   * verified files are the ones that run. May take long; aborts when `signal` fires.
   */
  launch(context: LaunchContext): Promise<ProgramLaunch>;
}

/** Resources for one start of a program. */
export interface LaunchContext {
  /** Creates a private folder for this start (0700, short path), deleted when the program ends. Call it last. */
  folder(): string;
  readonly signal: AbortSignal;
  /** Sets the current step, for messages. */
  stage(name: string): void;
}

/** One start of a program. */
export interface ProgramLaunch {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment that every plugin process gets. */
  readonly env: Readonly<Record<string, string>>;
  /** The fix to report if it ends before it is connected. */
  readonly fix?: string;
  /**
   * Parses an output line (only its beginning if `isCut`) into level and text for the log. Null: not logged; undefined:
   * logged unchanged.
   */
  output?(
    text: string,
    stream: 'stdout' | 'stderr',
    isCut: boolean,
  ): { readonly level: LogLevel; readonly text: string } | null | undefined;
  /** Connects to the started program; resolves once it accepts calls. */
  connect(program: RunningProgram): Promise<ProgramSession>;
}

/** A started program. */
export interface RunningProgram {
  /** Resolves with the reason when it has ended. */
  readonly exited: Promise<string>;
  /** The last lines of its stderr, oldest first. */
  tail(lines: number): readonly string[];
  /** Returns a sink for output that the format received over its own connection; it is logged like the rest. */
  feed(stream: 'stdout' | 'stderr'): (chunk: Buffer) => void;
  /** Kills it and fails the calls in flight with this error. */
  kill(code: ErrorCode, reason: string): void;
}

/** A connection to a running program. */
export interface ProgramSession {
  /** The value of `Member.report` from now on. */
  readonly report: JsonObject;
  call(tool: string, args: JsonObject, ctx: CallContext): Promise<ToolResult>;
  request?(method: string, params: JsonObject): Promise<JsonValue>;
  /** Why it currently accepts no calls, or undefined. */
  unavailableReason?(): string | undefined;
  /** Requests the program to end; the host sends signals if it does not. */
  shutdown(): Promise<void>;
  /** Closes the connection. */
  close(): void;
}
