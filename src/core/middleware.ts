import type { Caller } from './caller.ts';
import type { ToolResult } from './content.ts';
import type { JsonObject } from './json.ts';
import type { CallContext } from './tool.ts';

/** A tool call on its way through the gateway, as middleware sees it. */
export interface InterceptedCall {
  /** The tool's public name. */
  readonly tool: string;
  /** Where the tool comes from; `name` is its name inside the plugin. */
  readonly origin: { readonly format: string; readonly plugin: string; readonly name: string };
  readonly labels: readonly string[];
  readonly args: JsonObject;
  readonly context: CallContext;
  /** A person has agreed to this very call, so that nobody need ask again. */
  readonly agreed?: boolean;
}

/** What a guard says of a call: nothing, other arguments, or no, with the text the model gets. */
export type Verdict = { readonly args: JsonObject } | { readonly refuse: string } | undefined;

/** What a plugin does with the calls of other plugins. The steps run in this order; each is left out where it is absent. */
export interface Middleware {
  /** A client's session has begun, or its first call has come where there are no sessions. Nothing waits for it. */
  sessionStarted?(who: { readonly session: string; readonly caller: Caller }): void;
  /** Before all others have spoken; every guard gets the arguments as the client sent them, and the first change wins. */
  guard?(call: InterceptedCall): Promise<Verdict>;
  /** Gets the arguments the tool would run with, and may ask a person through the context. */
  authorize?(call: InterceptedCall): Promise<Verdict>;
  /** Answers in the tool's place, or not. The first answer wins. */
  before?(call: InterceptedCall): Promise<ToolResult | undefined>;
  /** May change the result, also one that `before` gave. */
  after?(call: InterceptedCall, result: ToolResult): Promise<ToolResult>;
  /** The call has ended; `ms` is how long the tool took. Nothing waits for it. */
  ended?(call: InterceptedCall, result: ToolResult, ms: number): void;
  /** Whether a tool is any business of `before` and `after`; all are where this is absent. */
  appliesTo?(tool: Pick<InterceptedCall, 'tool' | 'origin' | 'labels'>): boolean;
  /** What a failing `guard` or `authorize` means for the call. */
  readonly onError: 'deny' | 'allow';
}
