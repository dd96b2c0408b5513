import type { JsonObject, JsonValue } from '../json/json.ts';
import type { Content } from './content.ts';
import type { CallContext } from './tool.ts';

/** One argument of a prompt; all values are texts. */
export interface PromptArgument {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly required?: boolean;
}

/** One message of a prompt. */
export interface PromptMessage {
  readonly role: 'user' | 'assistant';
  readonly content: Content;
}

/** A prompt as it is fetched. */
export interface PromptResult {
  readonly description?: string;
  readonly messages: readonly PromptMessage[];
  readonly meta?: JsonObject;
}

/** Values for an argument, and what is known of those beyond them. */
export interface Completion {
  readonly values: readonly string[];
  /** How many there are in all. */
  readonly total?: JsonValue | undefined;
  readonly hasMore?: boolean | undefined;
}

/** A text that a person can call up in the LLM client. */
export interface Prompt {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly arguments?: readonly PromptArgument[];
  /** Code of the plugin makes up the text: it is there only for profiles that let the plugin's hooks run. */
  readonly composed?: boolean;
  /** Names of tools it makes no sense without: it exists only where all of them do. */
  readonly requires?: readonly string[];
  /** The plugin's tool that it runs with what the person typed: it exists only where nobody has a say in calls of that tool. */
  readonly runs?: string;
  /** It asks those who guard calls itself. */
  readonly guarded?: boolean;
  readonly meta?: JsonObject;
  /** Further members of its listing that clients may know, such as icons. */
  readonly extras?: JsonObject;
  get(args: Readonly<Record<string, string>>, ctx: CallContext): Promise<PromptResult>;
  /** Values for one argument that begin as the person typed; `known` are the arguments already filled in. */
  complete?(argument: string, typed: string, known: Readonly<Record<string, string>>): Promise<readonly string[] | Completion>;
}
