import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { GatewayError } from '../core/errors.ts';

/** The inputs of the search for a configuration file. */
export interface Lookup {
  /** The value of `--config`. */
  readonly flag?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Whether ./mcp.json may be read. False if a client starts the gateway, since it may do so in any project. */
  readonly here: boolean;
}

/** Finds the configuration file: flag, then PLUGMUX_CONFIG, then ./mcp.json, then the user's own. Throws CONFIG_INVALID. */
export function locateConfig({ flag, env, cwd, here }: Lookup): string {
  const named = flag ?? env.PLUGMUX_CONFIG;
  if (named !== undefined && named !== '') return resolve(cwd, named);
  const places = [...(here ? [join(cwd, 'mcp.json')] : []), join(userConfigDir(env), 'mcp.json')];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new GatewayError('CONFIG_INVALID', `No configuration file found: looked for ${places.join(' and ')}.`, {
    fix: here ? 'Create one with `plugmux init`, or name one with --config.' : 'Name one with --config or PLUGMUX_CONFIG.',
  });
}

function userConfigDir(env: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32') return join(env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'plugmux');
  return join(env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'plugmux');
}
