import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** The default folder of the gateway's data. */
export const DEFAULT_STATE = '.plugmux';

/** A path of a configuration file in the folder `dir`; `~` is the home folder. */
export function resolvePath(dir: string, path: string): string {
  return resolve(dir, path.replace(/^~(?=[/\\]|$)/, homedir()));
}
