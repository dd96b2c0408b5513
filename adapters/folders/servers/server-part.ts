import type { JSONPath } from 'jsonc-parser';
import type { JsonObject } from '../../../src/core/json/json.ts';
import type { Variables } from './expand.ts';

/** One MCP server that a manifest declares, before its references are filled in. */
export interface ServerPart {
  readonly name: string;
  readonly server: JsonObject;
  /** The file of a packed bundle, which replaces `server`. */
  readonly bundle?: string;
  /** `file:line:column` of a value in it. */
  readonly at: (path: JSONPath) => string;
  /** The working folder if the entry names none. */
  readonly cwd: string;
  /** What its `cwd` is relative to. */
  readonly base: string;
  /** Variables of its process, which win over those of the entry. */
  readonly env: () => Readonly<Record<string, string>>;
  /** The references of a value; a key without any stays as it is. */
  readonly variables: (key: string) => Variables | undefined;
}
