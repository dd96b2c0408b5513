import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hello } from '../../core/window/handshake.ts';
import { type Link, openLink } from './link.ts';
import { readKey, type WindowConfig } from './locate.ts';

const START_MS = 30_000;
const POLL_MS = 25;
const AGAIN_MS = 200;
/** How often the file may change between the reading of a window and of the gateway. */
const MAX_TRIES = 3;

/** What a window brings along. */
export interface WindowRequest {
  readonly config: WindowConfig;
  readonly profile: string;
}

/** Attaches to the gateway that runs with the same configuration and state. Undefined if none runs; throws why it cannot be used. */
export async function attach({ config, profile }: WindowRequest): Promise<Link | undefined> {
  for (let tries = 1; ; tries++) {
    const key = readKey(config.state);
    if (!key) return undefined;
    const window: Hello['window'] = { profile, config: config.identity(key), pid: process.pid };
    const link = await openLink(config.place.socket, key, { ask: 'window', window });
    if (!link || link.answer.ok) return link;
    link.socket.destroy();
    if (!link.answer.again || tries === MAX_TRIES) throw new RefusedError(link.answer.reason, link.answer.final === true);
  }
}

/** Attaches to the gateway that runs; starts one in the background if none does. Throws if that fails. */
export async function attachOrStart(request: WindowRequest): Promise<Link> {
  const link = await attach(request);
  if (link) return link;
  refuseReadOnly(request.config.state);
  return untilStarted(request.config.file, () => attach(request));
}

// A gateway in the background could not say why it ended.
function refuseReadOnly(state: string): void {
  let place = state;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    accessSync(place, constants.W_OK);
  } catch {
    const fix = 'make it writable for this user, or set another one under "state" in mcp.json';
    throw new Error(`the state folder ${state} cannot be written, so no gateway can be shared: ${fix}`);
  }
}

/** Starts a gateway in the background and connects to it. If another window has started one meanwhile, connects to that. Throws if neither responds. */
export async function untilStarted(file: string, connect: () => Promise<Link | undefined>): Promise<Link> {
  const child = spawn(process.execPath, [process.argv[1] as string, 'background', '--config', file], {
    cwd: dirname(file),
    detached: true,
    stdio: 'ignore',
  });
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    // Another window's gateway may have been faster.
    if (code !== 0) ended = `it ended with ${signal ?? `the exit code ${code}`}; \`plugmux doctor\` shows why`;
  });
  child.unref();
  const until = performance.now() + START_MS;
  for (;;) {
    const link = await connect();
    if (link) return link;
    if (ended !== undefined) throw new Error(`the gateway in the background did not start: ${ended}`);
    if (performance.now() > until) throw new Error(`the gateway in the background did not start within ${START_MS / 1000} s`);
    await sleep(POLL_MS);
  }
}

/** Attaches again after a gateway was lost. One that is just being killed still accepts connections, and closes them. */
export async function attachAgain(request: WindowRequest): Promise<Link> {
  for (let tries = 1; ; tries++) {
    try {
      return await attachOrStart(request);
    } catch (error) {
      if (error instanceof RefusedError || tries === MAX_TRIES) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

/** A gateway refused a window. `isFinal`: a gateway of the window's own would refuse it too. */
export class RefusedError extends Error {
  readonly isFinal: boolean;

  constructor(reason: string, isFinal: boolean) {
    super(reason);
    this.isFinal = isFinal;
  }
}
