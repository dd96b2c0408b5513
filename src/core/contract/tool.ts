import type { ExactNumber } from '../json/exact-number.ts';
import type { JsonObject } from '../json/json.ts';
import type { Logger } from '../log.ts';
import type { TraceContext } from '../trace-context.ts';
import type { Bounds } from './bounds.ts';
import type { Caller } from './caller.ts';
import type { ToolResult } from './content.ts';
import type { Answers, QuestionKind, Questions } from './question.ts';

/** Approval that a call needs: none, the LLM client's own confirmation, or the user's, requested by the gateway. */
export type Approval = 'auto' | 'client' | 'required';

/** Effects of a tool, declared by its author or the operator. Hints never grant permissions. */
export interface Hints {
  readonly readOnly?: boolean;
  readonly destructive?: boolean;
  readonly idempotent?: boolean;
  readonly openWorld?: boolean;
}

/** Passed to a tool, prompt or resource for one call. */
export interface CallContext {
  /** Unique within one run of the gateway. */
  readonly id: string;
  readonly caller: Caller;
  /** The same object for all calls of one client, as far as clients can be distinguished. Use for identity only. */
  readonly client: object;
  /** Name that the client reports; empty if it reports none. */
  readonly clientName: string;
  /** Stable for one client session, or per endpoint and principal if the protocol has no sessions. Not a secret. */
  readonly session: string;
  /** The request's `_meta`, without keys of the protocol and of the gateway; undefined if empty. */
  readonly meta: JsonObject | undefined;
  /** The trace that the call belongs to, for the plugin's own requests. Absent unless calls are traced. */
  readonly trace?: TraceContext | undefined;
  /** Network and file access that the caller's profile allows. */
  readonly bounds: Bounds;
  /** Fires on cancellation, on the deadline and at shutdown. */
  readonly signal: AbortSignal;
  /** Whether the signal has fired. */
  readonly aborted: boolean;
  /** Limits of the running call in ms: without progress, and in total. Undefined while no tool runs. */
  readonly timeLimits?: { readonly timeoutMs: number; readonly capMs: number } | undefined;
  /** Calls the listener when the signal fires. Cheaper than a listener on the signal. */
  onAbort(listener: (reason: unknown) => void): void;
  /** Sends log messages to the client, filtered by its log level. Separate from the plugin's own log. */
  readonly log: Logger;
  /** Whether the client requested progress. */
  readonly wantsProgress: boolean;
  /** Reports progress; a no-op if the client did not request it. Values that do not increase are dropped. */
  progress(done: number | ExactNumber, total?: number | ExactNumber, message?: string): void;
  /** Kinds of questions that the client supports. */
  readonly answerableKinds: readonly QuestionKind[];
  /**
   * Sends questions to the client and waits for all answers; the call's deadline is paused meanwhile. Rejects with
   * CAPABILITY_MISSING if the client does not support a kind, with ASK_FAILED if it returns no answer.
   */
  ask(questions: Questions): Promise<Answers>;
  /** Closes the response stream if the client can resume it with `Last-Event-ID`; otherwise a no-op. */
  detach(): void;
}

/** How long successful results of a tool are cached, within one session and profile. */
export interface CacheRule {
  readonly ttlMs: number;
  /** Cache key of a call; default: the JSON of its arguments. Undefined: this call is not cached. */
  key?(args: JsonObject): string | undefined | Promise<string | undefined>;
}

/** A plugin's description of one call, shown to the user in the approval question. */
export interface CallPreview {
  readonly text: string;
  /** The call would fail anyway with a useful error, so the approval question is skipped. */
  readonly pointless: boolean;
}

/** A tool of a plugin of any format. */
export interface Tool {
  /** Name inside the plugin. */
  readonly name: string;
  /** Name in the format's original host; default: `name`. */
  readonly native?: string;
  /** Further names used in the plugin's own texts. */
  readonly aliases?: readonly string[];
  readonly title?: string;
  readonly description: string;
  /** JSON Schema of the arguments, exactly as the plugin declares it. */
  readonly input: JsonObject;
  /** JSON Schema of the structured result, as the plugin declares it. */
  readonly output?: JsonObject;
  /** Whether structured results are validated against `output`; false if the format's host already does so. */
  readonly checksOutput?: boolean;
  readonly hints?: Hints;
  readonly approval: Approval;
  /** Categories, modules or toolsets, for selection in profiles. */
  readonly labels?: readonly string[];
  readonly meta?: JsonObject;
  /** Further members of its list item, such as icons. */
  readonly extras?: JsonObject;
  /** Why the adapter does not serve it. */
  readonly fault?: string;
  /** Timeout in milliseconds, declared by its author or in the server's entry. */
  readonly timeoutMs?: number;
  /** The format's default timeout in milliseconds; every other setting overrides it. */
  readonly usualTimeoutMs?: number;
  /**
   * Longest text of a successful result, in characters. A longer one is cut, ends with `[truncated — N chars total]`, and
   * loses its structured data; the full text is stored in a linked resource.
   */
  readonly maxChars?: number;
  /** Caching of successful results. Read on every call. */
  readonly cache?: CacheRule | undefined;
  /**
   * Accepts exact numbers of any size. Other tools get doubles, and a call with a whole number that a double would round is
   * rejected.
   */
  readonly exactNumbers?: boolean;
  /** Results with content pass unchanged. For other tools, structured data is added to the content as JSON text. */
  readonly resultsAsGiven?: boolean;
  /** The result contains untrusted text (web pages, email); it is wrapped before the model sees it. Checked on every call. */
  readonly untrusted?: boolean;
  /** Created at run time, so it is not cached for the next start. */
  readonly dynamic?: boolean;
  /**
   * Whether a session sees this tool; default: every session. If several tools of one name have this predicate, each session
   * gets the first that matches.
   */
  shownTo?(session: string): boolean;
  /** Describes this call for the approval question. Resolves within seconds; never rejects. */
  preview?(args: JsonObject): Promise<CallPreview | undefined>;
  call(args: JsonObject, ctx: CallContext): Promise<ToolResult>;
}
