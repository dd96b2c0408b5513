import type { CallLine, Cause, Json, JsonMap } from './types.ts';

// What the routes of tools, prompts, approvals and changes take and answer.

export interface Hints {
  readonly readOnly?: boolean;
  readonly destructive?: boolean;
  readonly idempotent?: boolean;
  readonly openWorld?: boolean;
}
export type ToolApproval = 'never' | 'client' | 'required';
export interface ToolRow {
  readonly name: string;
  readonly plugin: string;
  readonly title?: string;
  readonly description: string;
  readonly hints: Hints;
  readonly approval: ToolApproval;
  /** Where the approval rule comes from: `format`, `profile` for a profile that a plugin brings, or the place in mcp.json. */
  readonly ruledBy: string;
  readonly on: boolean;
  /** Why it cannot be switched here: the place in mcp.json. */
  readonly fixed?: string;
  /** `none`: there is no lock file. `accepted`: differs from it, and was accepted at the console. `new`, `changed`: withheld. */
  readonly pin: 'none' | 'same' | 'accepted' | 'new' | 'changed';
  readonly tokens: number;
  readonly calls: number;
}
/** GET /tools */
export interface ToolList {
  readonly items: readonly ToolRow[];
  readonly withheld: number;
  readonly off: number;
  readonly needsSettings: number;
}
/** One form of a tool's definition, as one kind of client gets it. */
export interface ToolForm {
  readonly dialect: 'native' | 'portable' | 'gemini';
  readonly schema: JsonMap;
  readonly losses: readonly string[];
  readonly tokens: number;
}
/** GET /tools/:name */
export interface ToolDetails extends ToolRow {
  readonly forms: readonly ToolForm[];
  readonly output?: JsonMap;
  readonly grants: readonly Grant[];
  readonly history: readonly CallLine[];
}
/** PUT /tools/:name takes `{ profile, on }`, answers a ToolRow. POST /tools/:name/try: */
export interface TryBody {
  readonly id: string;
  readonly profile: string;
  readonly arguments: JsonMap;
}
export interface TryAnswer {
  /** A CallToolResult: content, structuredContent, isError. Absent if the call was refused. */
  readonly result?: JsonMap;
  readonly ms: number;
  readonly bytes: number;
  readonly ref?: string;
  readonly failure?: Cause;
}

export interface Grant {
  readonly principal: string;
  readonly profile: string;
  readonly plugin: string;
  readonly tool: string;
  readonly at?: number;
}

export interface PromptRow {
  readonly name: string;
  readonly plugin: string;
  readonly title?: string;
  readonly description?: string;
  readonly arguments: readonly { readonly name: string; readonly description?: string; readonly required: boolean }[];
  readonly chars: number;
  readonly tokens: number;
}
export interface InstructionPart {
  readonly plugin: string;
  readonly text: string;
  readonly chars: number;
  readonly tokens: number;
}
/** GET /instructions */
export interface Instructions {
  readonly text: string;
  readonly chars: number;
  readonly tokens: number;
  readonly parts: readonly InstructionPart[];
}

/** A call that waits for a person. `shown` is the digest that an answer must carry. */
export interface Waiting {
  readonly id: string;
  readonly since: number;
  readonly until: number;
  readonly client: string;
  readonly principal: string;
  readonly profile: string;
  readonly plugin: string;
  readonly tool: string;
  readonly title: string;
  readonly hints: Hints;
  readonly ruledBy: string;
  readonly place?: string;
  readonly arguments: Json;
  readonly shown: string;
  readonly preview?: string;
  readonly offered: readonly ('once' | 'session' | 'always')[];
}

/** A tool, prompt or instructions that differ from the lock file. */
export interface Change {
  readonly plugin: string;
  readonly tool: string;
  readonly kind: 'new' | 'changed' | 'gone';
  readonly surface: string;
  readonly description?: readonly { readonly text: string; readonly added?: boolean; readonly removed?: boolean }[];
  readonly schema: readonly { readonly path: string; readonly what: string }[];
  readonly hints: readonly { readonly name: string; readonly before?: string; readonly after?: string }[];
  readonly accepted?: { readonly at: number; readonly by: string };
}
/** GET /changes; `lockFile` is absent without one. */
export interface Changes {
  readonly lockFile?: string;
  readonly since?: number;
  readonly items: readonly Change[];
  readonly accepted: readonly Change[];
}
