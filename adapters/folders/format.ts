import type { Problem } from '../../src/core/contract/plugin.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import type { ServerPart } from './servers/server-part.ts';

/** The dialects, in the order in which the manifests of one folder are merged. */
export const FORMATS = ['agent-plugin', 'claude', 'cursor', 'codex', 'gemini'] as const;

/** One dialect; also what an entry of mcp.json names as its format. */
export type Format = (typeof FORMATS)[number];

/** A file of Markdown or TOML that becomes a prompt, or a rule that becomes a resource. Paths are absolute. */
export interface TextFile {
  readonly kind: 'command' | 'agent' | 'toml' | 'rule';
  readonly name: string;
  /** Absent: `text` is the whole text. */
  readonly file?: string;
  readonly text?: string;
  /** What the manifest says of it, which its front matter need not say. */
  readonly description?: string;
  readonly hint?: string;
}

/** A tool that a policy of the plugin restricts; globs allowed. */
export interface ToolRule {
  /** Absent: every server. */
  readonly server?: string;
  readonly tool: string;
  readonly decision: 'ask' | 'deny';
}

/** What one manifest of a folder declares. */
export interface Declared {
  readonly format: Format;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly version?: string;
  /** Properties of the JSON Schema of its settings, by key. */
  readonly settings: Readonly<Record<string, JsonObject>>;
  readonly required: readonly string[];
  readonly servers: readonly ServerPart[];
  readonly texts: readonly TextFile[];
  /** Files whose text are instructions for the model. */
  readonly context: readonly string[];
  /** Starter texts, which become prompts. */
  readonly starters: readonly string[];
  /** Folders whose direct subfolders are skills, or that are one skill. */
  readonly skills: readonly string[];
  readonly rules: readonly ToolRule[];
  readonly problems: readonly Problem[];
  readonly facts: JsonObject;
}

/** What a list of plugins says of one of them. */
export interface Listed {
  readonly name: string;
  readonly entry: JsonObject;
}

/** A declaration without components. */
export const NOTHING: Omit<Declared, 'format' | 'name'> = {
  settings: {},
  required: [],
  servers: [],
  texts: [],
  context: [],
  starters: [],
  skills: [],
  rules: [],
  problems: [],
  facts: {},
};
