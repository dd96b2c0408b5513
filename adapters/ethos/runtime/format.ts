import type { JsonObject } from '../../../src/core/json/json.ts';

// The values that plugins pass, as far as they are used. They are untrusted: any field may have any type.

/** A tool's result. */
export type EthosResult =
  | { readonly ok: true; readonly value: string; readonly structured?: unknown; readonly cost_usd?: number }
  | ({ readonly ok: false; readonly error: string; readonly code: string } & Partial<
      Record<'field' | 'reason' | 'cause' | 'conflictKey', unknown>
    >);

/** A tool. Its fields may change after registration. */
export interface EthosTool {
  name: string;
  description?: unknown;
  schema?: unknown;
  execute(args: JsonObject, ctx: object): unknown;
  toolset?: unknown;
  maxResultChars?: unknown;
  capabilities?: unknown;
  isAvailable?: unknown;
  outputIsUntrusted?: unknown;
  requiresApproval?: unknown;
  returnDirect?: unknown;
  outputSchema?: unknown;
  cache?: unknown;
}

/** A filter around tool calls. */
export interface EthosFilter {
  toolName?: string | string[];
  toolset?: string;
  before?(args: JsonObject, ctx: object, meta: FilterMeta): unknown;
  after?(result: EthosResult, ctx: object, meta: FilterMeta): unknown;
}

/** The third argument of a filter. */
export interface FilterMeta {
  readonly toolName: string;
  readonly toolCallId: string;
}

/** Adds text to the system prompt. */
export interface EthosInjector {
  id?: string;
  priority?: number;
  shouldInject?(ctx: object): unknown;
  inject(ctx: object): unknown;
}

/** A command, or a slash command of either dialect. */
export interface EthosCommand {
  name: string;
  description?: string;
  argumentHint?: string;
  usage?: string;
  prompt?: string;
  run?(ctx: object): unknown;
  handler?(args: string, ctx: object): unknown;
  execute?(args: string, ctx: object): unknown;
}

/** A background task. */
export interface EthosMonitor {
  name: string;
  run(params: object, ctx: object): unknown;
}

/** A check that `doctor` runs. */
export interface EthosHealthCheck {
  name: string;
  description?: string;
  run(): unknown;
}

/** A handler of a hook. */
export type EthosHandler = (payload: object) => unknown;
