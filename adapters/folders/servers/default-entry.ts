import type { Entry } from '../../../src/core/contract/adapter.ts';

/** The entry of a server before the registry gives it its own: without what belongs to the plugin. */
export function defaultedEntry({ cwd, isolation }: Entry): Entry {
  return { settings: {}, credentials: {}, isolation, cwd, env: {}, options: {} };
}
