import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toPlainJson } from '../../config/jsonc.ts';
import { locateConfig } from '../../config/locate.ts';
import { DEFAULT_STATE, resolvePath } from '../../config/resolve-path.ts';
import { type ConfigIdentity, configIdentity } from '../../core/window/config-identity.ts';
import { type WindowPlace, windowPlace } from '../../core/window/place.ts';

/** The configuration of a window, of which nothing but these keys is read. */
export interface WindowConfig {
  readonly file: string;
  readonly state: string;
  readonly place: WindowPlace;
  /** Whether a gateway is started in the background if none runs. */
  readonly oneGateway: boolean;
  identity(key: Buffer): ConfigIdentity;
}

const KEY_BYTES = 32;

/**
 * Reads what a window needs to know; undefined if it cannot, so that a gateway of its own reports why. `here`:
 * ./mcp.json is a candidate.
 */
export function locateWindow(flag: string | undefined, env: NodeJS.ProcessEnv, here = false): WindowConfig | undefined {
  try {
    const file = locateConfig({ flag, env, cwd: process.cwd(), here });
    const text = readFileSync(file, 'utf8');
    const { state: named = DEFAULT_STATE, oneGateway } = JSON.parse(toPlainJson(text.replace(/^\ufeff/, ''))) as Record<string, unknown>;
    const chosen = env.PLUGMUX_STATE ?? named;
    // A reference in the path is rare; a gateway of its own fills it in.
    if (typeof chosen !== 'string' || chosen.includes('${')) return undefined;
    const state = resolvePath(dirname(file), chosen);
    return {
      file,
      state,
      place: windowPlace(state, process.argv[1] as string),
      oneGateway: oneGateway === true,
      identity: (key) => configIdentity({ file, state }, readFileSync(file, 'utf8'), env, key),
    };
  } catch {
    return undefined;
  }
}

/** The key of a state folder, which only exists where a gateway has run. */
export function readKey(state: string): Buffer | undefined {
  const file = join(state, 'key');
  try {
    if (statSync(file).size === KEY_BYTES) return readFileSync(file);
  } catch {
    // A gateway of its own reports why.
  }
  return undefined;
}
