import type { Bounds } from './bounds.ts';

/** A profile that a plugin brings along. Keys of the same profile in mcp.json replace its own. */
export interface OfferedProfile {
  readonly name: string;
  readonly description?: string;
  /** What the profile tells the model, before the plugins' own instructions. */
  readonly instructions?: string;
  /** Plugins that exist in it; none where empty. */
  readonly plugins: readonly string[];
  /** Tool names, globs or labels; "!" excludes. All where absent. */
  readonly tools?: readonly string[];
  /** Every tool needs a person's consent. */
  readonly askAlways?: boolean;
  /** A call is refused whose `<tool> <canonical JSON of the arguments>` contains one of these texts. */
  readonly denyRules?: readonly string[];
  readonly bounds?: Bounds;
}
