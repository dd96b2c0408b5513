import type { JsonObject } from '../../../src/core/json/json.ts';

// What plugins of this format hand over, as far as it is looked at. All of it is foreign: any field may be anything.

/** What a tool answers. */
export type EthosResult =
  | { readonly ok: true; readonly value: string; readonly structured?: unknown; readonly cost_usd?: number }
  | ({ readonly ok: false; readonly error: string; readonly code: string } & Partial<
      Record<'field' | 'reason' | 'cause' | 'conflictKey', unknown>
    >);

/** A tool. Its fields may change after it was registered. */
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

/** What a filter learns of the call besides arguments and context. */
export interface FilterMeta {
  readonly toolName: string;
  readonly toolCallId: string;
}

/** Something that adds to the system prompt. */
export interface EthosInjector {
  id?: string;
  priority?: number;
  shouldInject?(ctx: object): unknown;
  inject(ctx: object): unknown;
}

/** A command of either kind, or a slash command of either dialect. */
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

/** Something that runs in the background. */
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
