import type { JsonObject } from '../../core/json/json.ts';
import { VERSION } from '../../core/package.ts';

/** The era and revision that a result is written for. */
export interface Era {
  readonly kind: 'legacy' | 'modern';
  /** The revision in use; decides which kinds of content a client supports. */
  readonly revision: string;
}

/** The gateway's serverInfo. */
export const SERVER_INFO = {
  name: 'plugmux',
  title: 'plugmux',
  version: VERSION,
};

/** The `_meta` of every modern result. */
export const MODERN_META = {
  'io.modelcontextprotocol/serverInfo': SERVER_INFO,
};

/** The extension for skills. */
const SKILLS = 'io.modelcontextprotocol/skills';

/** The gateway's capabilities, the same in both eras. `hasSkills`: whether the client sees any. */
export function capabilities(hasSkills: boolean): JsonObject {
  return {
    ...(hasSkills ? { extensions: { [SKILLS]: { directoryRead: true } } } : {}),
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true, subscribe: true },
    completions: {},
    logging: {},
  };
}
