import type { Bounds } from '../../core/contract/bounds.ts';
import type { ToolResult } from '../../core/contract/content.ts';
import type { Answers, QuestionKind, Questions } from '../../core/contract/question.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import type { LoadRequest } from './load-request.ts';

/** Exported by a format's runtime module: opens plugins of that format in their process. */
export interface Runtime {
  /** Imports one plugin and runs its first stage. `params`: those of its `MemberSpec`. */
  open(params: JsonObject, context: RuntimeContext): Promise<LoadedPlugin>;
}

/** Passed to a format's runtime for one plugin. */
export interface RuntimeContext {
  readonly id: string;
  readonly log: Logger;
  /** Objects shared by the members of a group, by a key that the format chooses. */
  readonly shared: Map<string, unknown>;
  /** Reports the current stage, which messages about a hang or crash name. */
  stage(name: string): void;
  /** Bundles and imports a plugin's entry file. */
  load(request: LoadRequest): Promise<Record<string, unknown>>;
  /**
   * DEPENDENCY_MISSING for an error of plugin code, if a package is missing or not built; otherwise undefined. Logs cause and
   * fix under the name `what`, since clients must not see paths of this machine.
   */
  explain(error: unknown, what: string): GatewayError | undefined;
  /** Notifies the gateway that the report has changed. */
  changed(): void;
  /** Sends a request to the adapter: `MemberSpec.onAdapterCall`. */
  callAdapter(method: string, params: JsonObject): Promise<JsonValue>;
}

/** The caller, for formats that pass it to plugins; `id` is the id of the call. */
export interface RuntimeCaller {
  readonly id: string;
  readonly session: string;
  /** Name that the client reports; empty if it reports none. */
  readonly client: string;
  readonly principal: string;
  readonly profile: string;
  /** Network and file access that the caller's profile allows. */
  readonly bounds: Bounds;
}

/** Passed to plugin code for one call. */
export interface RuntimeCall {
  readonly signal: AbortSignal;
  /** Absent unless `MemberSpec.callers` is set. */
  readonly caller?: RuntimeCaller | undefined;
  /** The request's `_meta` for plugins. */
  readonly meta?: JsonObject | undefined;
  readonly wantsProgress: boolean;
  progress(done: number, total?: number, message?: string): void;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
  /** Kinds of questions that the client supports. */
  readonly answerableKinds: readonly QuestionKind[];
  ask(questions: Questions): Promise<Answers>;
}

/** One imported plugin. */
export interface LoadedPlugin {
  /** Its description for the adapter. */
  report(): JsonObject;
  /** Second stage, after every member of the group has been opened. */
  initialize(): Promise<void>;
  call(tool: string, args: JsonObject, call: RuntimeCall): Promise<ToolResult>;
  /** Handles other requests of the adapter. */
  request?(method: string, params: JsonObject): Promise<JsonValue>;
  close(): Promise<void>;
}

/** The caller of a call. */
export function toRuntimeCaller({ id, session, clientName, bounds, caller: { principal, profile } }: CallContext): RuntimeCaller {
  return { id, session, client: clientName, principal, profile, bounds };
}
