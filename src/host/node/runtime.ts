import type { Bounds } from '../../core/contract/bounds.ts';
import type { ToolResult } from '../../core/contract/content.ts';
import type { Answers, QuestionKind, Questions } from '../../core/contract/question.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import type { LoadRequest } from './load-request.ts';

/** What the module of a format's `runtime` exports: it opens plugins of that format where their code may run. */
export interface Runtime {
  /** Imports one plugin and runs its first stage. `params` is what the adapter put into its `MemberSpec`. */
  open(params: JsonObject, context: RuntimeContext): Promise<LoadedPlugin>;
}

/** What the process lends a format's runtime for one plugin. */
export interface RuntimeContext {
  readonly id: string;
  readonly log: Logger;
  /** What members of one group share, by a key of the format's own choice. */
  readonly shared: Map<string, unknown>;
  /** Says which stage begins; a hang or a death is then blamed on it. */
  stage(name: string): void;
  /** Bundles and imports a plugin's entry file. */
  load(request: LoadRequest): Promise<Record<string, unknown>>;
  /**
   * The cause and fix of an error thrown by plugin code, if a package is missing or was not built; otherwise undefined. Logs both
   * under the name of what ran, since clients are not shown folders of this machine.
   */
  explain(error: unknown, what: string): GatewayError | undefined;
  /** Tells the gateway that the report has changed. */
  changed(): void;
  /** Asks the adapter, in the gateway: `MemberSpec.onAdapterCall`. */
  callAdapter(method: string, params: JsonObject): Promise<JsonValue>;
}

/** Who calls, for formats whose plugins are told so; `id` is the call's. */
export interface RuntimeCaller {
  readonly id: string;
  readonly session: string;
  /** What the client calls itself; empty where it does not say. */
  readonly client: string;
  readonly principal: string;
  readonly profile: string;
  /** What the caller's profile lets plugins reach. */
  readonly bounds: Bounds;
}

/** What the gateway lends a plugin's code for one call. */
export interface RuntimeCall {
  readonly signal: AbortSignal;
  /** Absent unless `MemberSpec.callers` asked for it. */
  readonly caller?: RuntimeCaller | undefined;
  /** What the client says of its request that is for whoever serves it. */
  readonly meta?: JsonObject | undefined;
  readonly wantsProgress: boolean;
  progress(done: number, total?: number, message?: string): void;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
  /** What the client behind the call can be asked. */
  readonly answerableKinds: readonly QuestionKind[];
  ask(questions: Questions): Promise<Answers>;
}

/** One imported plugin. */
export interface LoadedPlugin {
  /** What the adapter wants to know of it. */
  report(): JsonObject;
  /** Second stage, after every member of the group has been opened. */
  initialize(): Promise<void>;
  call(tool: string, args: JsonObject, call: RuntimeCall): Promise<ToolResult>;
  /** Anything else the adapter asks. */
  request?(method: string, params: JsonObject): Promise<JsonValue>;
  close(): Promise<void>;
}

/** The part of a call's context that tells who calls. */
export function toRuntimeCaller({ id, session, clientName, bounds, caller: { principal, profile } }: CallContext): RuntimeCaller {
  return { id, session, client: clientName, principal, profile, bounds };
}
