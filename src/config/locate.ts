import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { GatewayError } from '../core/errors.ts';

/** How a command finds its configuration. */
export interface Lookup {
  /** The value of `--config`. */
  readonly flag?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Whether ./mcp.json may be read: not where a client starts us in whatever project is open. */
  readonly here: boolean;
}

/** The configuration file a command reads: flag, then PLUGMUX_CONFIG, then ./mcp.json or the user's own. */
export function locateConfig({ flag, env, cwd, here }: Lookup): string {
  const named = flag ?? env.PLUGMUX_CONFIG;
  if (named !== undefined && named !== '') return resolve(cwd, named);
  const places = [...(here ? [join(cwd, 'mcp.json')] : []), join(userConfigDir(env), 'mcp.json')];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new GatewayError('CONFIG_INVALID', `There is no configuration: looked for ${places.join(' and ')}.`, {
    fix: here ? 'Make one with `plugmux init`, or name one with --config.' : 'Name one with --config or PLUGMUX_CONFIG.',
  });
}

function userConfigDir(env: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32') return join(env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'plugmux');
  return join(env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'plugmux');
}
