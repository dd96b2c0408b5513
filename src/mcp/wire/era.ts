import type { JsonObject } from '../../core/json/json.ts';
import { VERSION } from '../../core/package.ts';

/** What the two eras do differently with a result. */
export interface Era {
  readonly kind: 'legacy' | 'modern';
  /** The revision in use; decides which kinds of content a client knows. */
  readonly revision: string;
}

/** How this gateway introduces itself. */
export const SERVER_INFO = {
  name: 'plugmux',
  title: 'plugmux',
  version: VERSION,
};

/** What every modern result carries. */
export const MODERN_META = {
  'io.modelcontextprotocol/serverInfo': SERVER_INFO,
};

/** What this gateway can do; both eras use the same words. */
export function capabilities(): JsonObject {
  return {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true, subscribe: true },
    completions: {},
    logging: {},
  };
}
