import type { ErrorCode } from '../error-codes.ts';
import type { JsonObject, JsonValue } from '../json/json.ts';
import type { LogLevel } from '../log.ts';
import type { ToolResult } from './content.ts';
import type { CallContext } from './tool.ts';

/** A plugin that is a whole program: the format starts it and speaks to it, the host keeps watch over it. */
export interface ProgramRuntime {
  readonly kind: 'program';
  /**
   * Makes the program ready (installs, builds, verifies) and says how to start it. Runs before every start, so that
   * what was checked is what runs; may take long, and gives up when `signal` fires.
   */
  launch(place: LaunchContext): Promise<ProgramLaunch>;
}

/** What a program may use while it runs. */
export interface LaunchContext {
  /** A folder of this start alone (0700, short path); it goes when the program goes. To be asked for last. */
  folder(): string;
  readonly signal: AbortSignal;
  /** Names what is being done, for messages. */
  stage(name: string): void;
}

/** One start of a program. */
export interface ProgramLaunch {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment that every plugin process gets. */
  readonly env: Readonly<Record<string, string>>;
  /** What mends it where it ends before it is connected. */
  readonly fix?: string;
  /** Reads a printed line, or what it begins with where it is too long: its level and text for the log; null keeps it out, undefined leaves it as it is. */
  output?(
    text: string,
    stream: 'stdout' | 'stderr',
    isCut: boolean,
  ): { readonly level: LogLevel; readonly text: string } | null | undefined;
  /** Connects to the program, which has just been started, and settles once it takes calls. */
  connect(program: RunningProgram): Promise<ProgramSession>;
}

/** A program that has been started. */
export interface RunningProgram {
  /** Settles with the reason, in words, when it has ended. */
  readonly exited: Promise<string>;
  /** The last lines of its stderr, oldest first. */
  tail(lines: number): readonly string[];
  /** Takes output that reached the format another way; it is logged like the rest. */
  feed(stream: 'stdout' | 'stderr'): (chunk: Buffer) => void;
  /** Ends it at once, and what is in flight with this error. */
  kill(code: ErrorCode, reason: string): void;
}

/** A connection to a running program. */
export interface ProgramSession {
  /** What `Member.report` answers from now on. */
  readonly report: JsonObject;
  call(tool: string, args: JsonObject, ctx: CallContext): Promise<ToolResult>;
  request?(method: string, params: JsonObject): Promise<JsonValue>;
  /** Why it takes no calls just now, or undefined. */
  unavailableReason?(): string | undefined;
  /** Asks the program to end; signals follow where it does not. */
  shutdown(): Promise<void>;
  /** Lets go of the connection. */
  close(): void;
}
