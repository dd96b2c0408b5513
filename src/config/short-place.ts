import { sep } from 'node:path';
import type { Config } from './config.ts';

/** A `file:line:column` as the console shows it: relative to the folder of mcp.json, such as `mcp.json:12:5`. */
export function shortPlace({ dir }: Pick<Config, 'dir'>, at: string): string {
  const folder = dir.endsWith(sep) ? dir : dir + sep;
  return at.startsWith(folder) ? at.slice(folder.length) : at;
}
