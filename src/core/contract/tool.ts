import type { ExactNumber } from '../json/exact-number.ts';
import type { JsonObject } from '../json/json.ts';
import type { Logger } from '../log.ts';
import type { Bounds } from './bounds.ts';
import type { Caller } from './caller.ts';
import type { ToolResult } from './content.ts';
import type { Answers, QuestionKind, Questions } from './question.ts';

/** Who has to agree to a call: nobody, the LLM client's own confirmation, or a person asked by the gateway. */
export type Approval = 'auto' | 'client' | 'required';

/** What the plugin's author or the operator says of a tool's effects. Hints never grant anything. */
export interface Hints {
  readonly readOnly?: boolean;
  readonly destructive?: boolean;
  readonly idempotent?: boolean;
  readonly openWorld?: boolean;
}

/** What the gateway lends a tool, prompt or resource for one call. */
export interface CallContext {
  /** Unique among all calls of this run of the gateway. */
  readonly id: string;
  readonly caller: Caller;
  /** The same object for all calls of one client, as far as clients can be told apart; for comparing only. */
  readonly client: object;
  /** What the client calls itself; empty where it does not say. */
  readonly clientName: string;
  /** Stable for one session of a client, or for one endpoint and principal where the protocol has no sessions. No secret. */
  readonly session: string;
  /** What the client says of its request (`_meta`) that is for whoever serves it; undefined where it says nothing. */
  readonly meta: JsonObject | undefined;
  /** What the caller's profile lets plugins reach. */
  readonly bounds: Bounds;
  /** Fires on cancellation, on the deadline and at shutdown. */
  readonly signal: AbortSignal;
  /** Whether the signal has fired. */
  readonly aborted: boolean;
  /** Calls back when the signal fires; cheaper than a listener on it. */
  onAbort(listener: (reason: unknown) => void): void;
  /** Reaches the client behind the call, as far as it wants to hear; a plugin has a log of its own besides. */
  readonly log: Logger;
  /** Whether anybody asked for progress. */
  readonly wantsProgress: boolean;
  /** Reports progress; does nothing when the client did not ask for it. Values that do not grow are dropped. */
  progress(done: number | ExactNumber, total?: number | ExactNumber, message?: string): void;
  /** What the client behind the call can be asked. */
  readonly answerableKinds: readonly QuestionKind[];
  /**
   * Asks the client and waits for all answers; the deadline of the call stands still meanwhile. Rejects with
   * CAPABILITY_MISSING where the client cannot answer a kind, with ASK_FAILED where no answer came.
   */
  ask(questions: Questions): Promise<Answers>;
  /** Closes the response stream if the client can resume it with `Last-Event-ID`; otherwise a no-op. */
  detach(): void;
}

/** How long, and to which calls, a tool's successful result may be given again. Only one session of one profile shares it. */
export interface CacheRule {
  readonly ttlMs: number;
  /** What makes two calls equal; the JSON of their arguments where this is absent. Undefined: this call is not cached. */
  key?(args: JsonObject): string | undefined | Promise<string | undefined>;
}

/** What a plugin says of one call to the person who is asked whether it may run. */
export interface CallPreview {
  readonly text: string;
  /** The call will fail of itself, with an error worth reading: nobody need be asked. */
  readonly pointless: boolean;
}

/** What every plugin's function becomes, whatever its format. */
export interface Tool {
  /** The name inside the plugin. */
  readonly name: string;
  /** The name the format's own host shows its model; the plugin's own name where absent. */
  readonly native?: string;
  /** Further names by which the plugin's own texts speak of it. */
  readonly aliases?: readonly string[];
  readonly title?: string;
  readonly description: string;
  /** The plugin's own JSON Schema of the arguments, untouched. */
  readonly input: JsonObject;
  /** The plugin's own JSON Schema of the structured result. */
  readonly output?: JsonObject;
  /** Whether its structured results are held against that schema; those of formats whose hosts do so themselves are not. */
  readonly checksOutput?: boolean;
  readonly hints?: Hints;
  readonly approval: Approval;
  /** Category, module, toolset: what profiles select by. */
  readonly labels?: readonly string[];
  readonly meta?: JsonObject;
  /** Further members of its listing that clients may know, such as icons. */
  readonly extras?: JsonObject;
  /** Why it is not served, if its adapter knows that already. */
  readonly fault?: string;
  /** The time limit that its author, or whoever configured its server, declared for it, in milliseconds. */
  readonly timeoutMs?: number;
  /** The format's default time limit, which anything else goes before. */
  readonly usualTimeoutMs?: number;
  /**
   * Longest text of a successful result, in characters. A longer one is cut there, ends with `[truncated — N chars total]`,
   * loses its structured data, and stays whole in a resource that the result links to.
   */
  readonly maxChars?: number;
  /** Its successful results may be given again; read anew with every call. */
  readonly cache?: CacheRule | undefined;
  /**
   * Takes numbers as they were sent, of any size. Any other tool gets doubles, and a call with a whole number that a double
   * would round is refused.
   */
  readonly exactNumbers?: boolean;
  /** Its results pass as they are where they have both text and data; those of others are made to say the same in both. */
  readonly resultsAsGiven?: boolean;
  /** The result contains untrusted text (web pages, email); it is wrapped before the model sees it. Checked on every call. */
  readonly untrusted?: boolean;
  /** It was made up at run time, so the next start must not know it. */
  readonly dynamic?: boolean;
  /**
   * Whether a client's session has this tool; every session has it where this is absent. An offer may hold several tools of
   * one name that all have this: each session has the first that is shown to it.
   */
  shownTo?(session: string): boolean;
  /** The plugin's own words for a question about this call. Settles within seconds and never rejects. */
  preview?(args: JsonObject): Promise<CallPreview | undefined>;
  call(args: JsonObject, ctx: CallContext): Promise<ToolResult>;
}
