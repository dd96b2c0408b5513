import { existsSync } from 'node:fs';
import { DEFAULT_PROFILE } from '../../core/contract/caller.ts';
import { folderFault } from '../../core/window/place.ts';
import { nesting } from '../../host/process/environment.ts';
import { claimStdout } from '../../transports/stdout.ts';
import { onParentGone } from '../parent.ts';
import { readStart } from '../start-options.ts';
import { locateWindow } from './locate.ts';
import { attach, attachAgain, attachOrStart, RefusedError } from './start-gateway.ts';
import { openWindow } from './window.ts';

/**
 * Runs `plugmux stdio` as a window of a gateway that runs already, or of one in the background. False if this program has to
 * be a gateway of its own. Loads neither the command line nor the schema of the configuration, so that it starts fast.
 */
export async function runWindow(args: readonly string[]): Promise<boolean> {
  const options = readStart('stdio', args);
  // A plugin that starts plugmux must not be served by the gateway it belongs to.
  if (!options || options.standalone || nesting(process.env) > 0) return false;
  const config = locateWindow(options.config, process.env);
  if (!config) return false;
  if (process.platform === 'win32') {
    if (config.oneGateway) report('"oneGateway" has no effect on Windows: each window has a gateway of its own');
    return false;
  }
  const { oneGateway, place } = config;
  if (!oneGateway && !existsSync(place.socket)) return false;
  const request = { config, profile: options.profile ?? DEFAULT_PROFILE };
  try {
    const fault = existsSync(place.folder) ? folderFault(place.folder) : undefined;
    if (fault !== undefined) throw new Error(`${place.folder} cannot be used: ${fault}`);
    const link = await (oneGateway ? attachOrStart(request) : attach(request));
    if (!link) return false;
    const output = claimStdout();
    const window = openWindow(link, { input: process.stdin, output, relink: () => attachAgain(request), report });
    onParentGone(() => process.exit(0));
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, window.end);
    await window.ended;
    output.end(() => process.exit(0));
    return true;
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof RefusedError && error.isFinal) {
      report(message);
      process.exitCode = 2;
      return true;
    }
    report(`this window has a gateway of its own: ${message}`);
    return false;
  }
}

function report(text: string): void {
  process.stderr.write(`plugmux: ${text}\n`);
}
