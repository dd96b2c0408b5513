import type { JsonObject } from '../json/json.ts';
import type { ResourceContents } from './content.ts';
import type { Completion } from './prompt.ts';
import type { CallContext } from './tool.ts';

interface Described {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  readonly annotations?: JsonObject;
  readonly meta?: JsonObject;
  /** Names of tools it makes no sense without: it exists only where all of them do. */
  readonly requires?: readonly string[];
  /** Further members of its listing that clients may know, such as icons. */
  readonly extras?: JsonObject;
}

/** What was read, and what the plugin says of it beside the contents. */
export interface ReadResult {
  readonly contents: readonly ResourceContents[];
  readonly meta?: JsonObject | undefined;
}

/** Something a client can read by its URI. `size` is in bytes. */
export interface Resource extends Described {
  readonly uri: string;
  readonly size?: number;
  /** Code of the plugin makes up the text: it is there only for profiles that let the plugin's hooks run. */
  readonly composed?: boolean;
  /** It tells what operators are told of the plugin: secrets are masked in it. */
  readonly masked?: boolean;
  read(ctx: CallContext): Promise<readonly ResourceContents[] | ReadResult>;
}

/** A family of resources: an RFC 6570 template of level 1 (`{name}`) and how to read one of them. */
export interface ResourceTemplate extends Described {
  readonly uriTemplate: string;
  /** `values` holds what stood in each variable's place; null: no such resource. */
  read(uri: string, values: Readonly<Record<string, string>>, ctx: CallContext): Promise<readonly ResourceContents[] | ReadResult | null>;
  complete?(variable: string, typed: string, known: Readonly<Record<string, string>>): Promise<readonly string[] | Completion>;
}
