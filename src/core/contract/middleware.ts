import type { JsonObject } from '../json/json.ts';
import type { Caller } from './caller.ts';
import type { ToolResult } from './content.ts';
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
  /** The user has approved this call. */
  readonly agreed?: boolean;
}

/** The verdict of a guard: none, other arguments, or a refusal with the text for the model. */
export type Verdict = { readonly args: JsonObject } | { readonly refuse: string } | undefined;

/** Steps that a plugin runs around the calls of other plugins, in this order. Every step is optional. */
export interface Middleware {
  /** Called when a client's session begins, or with its first call if there are no sessions. Nothing waits for it. */
  sessionStarted?(who: { readonly session: string; readonly caller: Caller }): void;
  /** Runs first. Every guard receives the client's original arguments; the first change wins. */
  guard?(call: InterceptedCall): Promise<Verdict>;
  /** Receives the arguments the tool would run with; may ask the user through the context. */
  authorize?(call: InterceptedCall): Promise<Verdict>;
  /** May answer in place of the tool. The first answer wins. */
  before?(call: InterceptedCall): Promise<ToolResult | undefined>;
  /** May change the result, also one that `before` gave. */
  after?(call: InterceptedCall, result: ToolResult): Promise<ToolResult>;
  /** The call has ended; `ms` is how long the tool took. Nothing waits for it. */
  ended?(call: InterceptedCall, result: ToolResult, ms: number): void;
  /** Whether `before` and `after` apply to a tool. Default: every tool. */
  appliesTo?(tool: Pick<InterceptedCall, 'tool' | 'origin' | 'labels'>): boolean;
  /** What happens to a call when `guard` or `authorize` fails. */
  readonly onError: 'deny' | 'allow';
}
