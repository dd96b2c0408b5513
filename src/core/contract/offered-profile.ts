import type { Bounds } from './bounds.ts';

/** A profile that a plugin provides. Keys of the same profile in mcp.json override it. */
export interface OfferedProfile {
  readonly name: string;
  readonly description?: string;
  /** Instructions for the model, placed before those of the plugins. */
  readonly instructions?: string;
  /** Ids of the visible plugins; none if empty. */
  readonly plugins: readonly string[];
  /** Tool names, globs or labels; "!" excludes. All if absent. */
  readonly tools?: readonly string[];
  /** Every call needs the user's approval. */
  readonly askAlways?: boolean;
  /** Rejects calls whose `<tool> <canonical JSON of the arguments>` contains one of these texts. */
  readonly denyRules?: readonly string[];
  readonly bounds?: Bounds;
}
