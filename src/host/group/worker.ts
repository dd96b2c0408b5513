import type { ToolResult } from '../../core/contract/content.ts';
import type { MemberSpec } from '../../core/contract/member.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';

/** Events that a worker sends to its group. */
export interface WorkerEvents {
  /** A plugin enters a stage of loading. */
  stage(id: string, stage: string): void;
  changed(id: string, report: JsonObject): void;
  log(id: string, level: string, text: string): void;
  /** The format's runtime sends a request to its adapter. */
  callAdapter(id: string, method: string, params: JsonObject): Promise<JsonValue>;
  /** The worker requests its replacement, because it contains a call that cannot be stopped otherwise. */
  restart(reason: string): void;
}

/** Runs the plugins of a group in a process, as a program, or inside the gateway. */
export interface PluginWorker {
  /** It runs a single plugin and ends with it. */
  readonly single?: boolean;
  /** The process that it runs in; undefined inside the gateway, and before a program has started. */
  readonly pid?: number | undefined;
  /** Prepares the start of a plugin. Has no time limit. */
  prepare?(id: string): Promise<void>;
  /** Resolves once the worker can load plugins. */
  handshake(): Promise<void>;
  /** The fix if it ended before the handshake; undefined if only its output shows the cause. */
  readonly fix?: (() => string | undefined) | undefined;
  load(id: string, module: string, params: JsonObject): Promise<JsonObject>;
  initialize(id: string): Promise<JsonObject>;
  call(id: string, tool: string, args: JsonObject, ctx: CallContext, callers?: boolean): Promise<ToolResult>;
  request(id: string, method: string, params: JsonObject): Promise<JsonValue>;
  /** Why it currently accepts no calls, or undefined. */
  unavailableReason(): string | undefined;
  /** Whether it was killed because a call timed out and it had stopped responding. */
  overdue?(): boolean;
  /** Plugin ids of the calls in flight, one per call. */
  inFlight(): readonly string[];
  /** Resolves with the reason when the worker has exited. */
  readonly exited: Promise<string>;
  /** Stops it within bounded time. Idempotent. `why` ends the sentence that calls in flight fail with; absent if it serves none. */
  stop(why?: string): Promise<void>;
}

/** Starts a worker for a group's members. Rejects if a retry would not help; the signal aborts long work. */
export type StartWorker = (
  members: readonly MemberSpec[],
  events: WorkerEvents,
  signal: AbortSignal,
) => PluginWorker | Promise<PluginWorker>;
