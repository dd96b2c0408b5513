import type { JsonObject } from '../json/json.ts';

/** Where to look for what other programs have installed. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Something that another host has installed for the user, and the entry that serves it. */
export interface Installed {
  /** The host, as in `claude-code`. */
  readonly client: string;
  readonly kind: 'plugin' | 'bundle' | 'skills';
  /** The id to propose for its entry. */
  readonly id: string;
  /** Its folder or file, absolute. */
  readonly path: string;
  /** Keys of its entry besides `path`. */
  readonly keys: JsonObject;
  /** Whether the keys select it already, so its entry has no path. */
  readonly selected?: boolean;
  /** What is in it, if it holds several. */
  readonly names?: readonly string[];
  readonly note?: string;
}
