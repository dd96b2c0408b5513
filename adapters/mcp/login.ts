import type { JsonObject } from '../../src/core/json.ts';

/** The `oauth` key of a server's entry. */
export type LoginSettings = JsonObject;
