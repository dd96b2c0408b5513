import type { ToolResult } from '../../core/contract/content.ts';
import type { MemberSpec } from '../../core/contract/member.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';

/** What a worker reports to its group. */
export interface WorkerEvents {
  /** A plugin enters a stage of loading. */
  stage(id: string, stage: string): void;
  changed(id: string, report: JsonObject): void;
  log(id: string, level: string, text: string): void;
  /** The format's runtime asks its adapter. */
  callAdapter(id: string, method: string, params: JsonObject): Promise<JsonValue>;
  /** It asks to be replaced: something in it can be stopped in no other way. */
  restart(reason: string): void;
}

/** Runs the plugins of a group: a process of their own, a program, or the gateway itself. */
export interface PluginWorker {
  /** It holds one plugin only, and lives no longer than that plugin loads or serves. */
  readonly single?: boolean;
  /** Makes ready what a plugin needs before it starts, however long that takes. */
  prepare?(id: string): Promise<void>;
  /** Settles once the worker can load plugins. */
  handshake(): Promise<void>;
  /** What mends it where it ended before that; undefined where only its last words tell. */
  readonly fix?: (() => string | undefined) | undefined;
  load(id: string, module: string, params: JsonObject): Promise<JsonObject>;
  initialize(id: string): Promise<JsonObject>;
  call(id: string, tool: string, args: JsonObject, ctx: CallContext, callers?: boolean): Promise<ToolResult>;
  request(id: string, method: string, params: JsonObject): Promise<JsonValue>;
  /** Why it takes no calls at the moment, or undefined. */
  unavailableReason(): string | undefined;
  /** Whether it was ended because a call ran out of time and it did not answer any more. */
  overdue?(): boolean;
  /** Ids of the plugins with calls in flight, once a call. */
  inFlight(): readonly string[];
  /** Settles with the reason when the worker has exited, for whatever cause. */
  readonly exited: Promise<string>;
  /** Ends it in order, within bounded time. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts a worker for a group's members. Rejects if trying again would not help; the signal ends long work. */
export type StartWorker = (
  members: readonly MemberSpec[],
  events: WorkerEvents,
  signal: AbortSignal,
) => PluginWorker | Promise<PluginWorker>;
