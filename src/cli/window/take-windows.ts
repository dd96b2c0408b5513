import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../../app.ts';
import { servesConsole } from '../../config/listen.ts';
import { toError } from '../../core/errors.ts';
import { createFolder, windowPlace } from '../../core/window/place.ts';
import { withLock } from '../../host/process/lock.ts';
import { createStateKey } from '../../store/state-key.ts';
import { serveWindows, takeSocket, type Windows } from '../../transports/windows/windows.ts';
import type { CliSession } from '../context.ts';
import { consoleBase } from './console-base.ts';
import { openLink } from './link.ts';
import { type LoadRecord, toWindowGateway } from './serve-windows.ts';

const TAKEOVER_MS = 30_000;
const POLL_MS = 50;

/** Lets `plugmux stdio` attach to this `serve`, which listens at `origin`; a gateway in the background makes room. Undefined if that is not possible. */
export async function takeWindows(app: App, session: CliSession, loads: LoadRecord, origin: string): Promise<Windows | undefined> {
  const { state } = app.config();
  const { log } = session;
  const key = process.platform === 'win32' ? undefined : createStateKey(state)();
  if (!key) return undefined;
  const place = windowPlace(state, process.argv[1] as string);
  const wait = { signal: AbortSignal.timeout(TAKEOVER_MS), stopped: () => new Error('another process is starting a gateway') };
  try {
    createFolder(place);
    const server = await withLock(place.lock, wait, async () => {
      const free = await takeSocket(place);
      if (free) return free;
      const link = await openLink(place.socket, key, { ask: 'takeover' });
      link?.socket.destroy();
      if (link?.answer.ok === false) {
        log.warn(`windows are served by another program: ${link.answer.reason}`);
        return undefined;
      }
      for (;;) {
        const server = await takeSocket(place);
        if (server || wait.signal.aborted) return server;
        await sleep(POLL_MS);
      }
    });
    if (!server) return undefined;
    const refused = `plugmux serve (process ${process.pid}) runs with this state folder`;
    const gateway = toWindowGateway({
      kind: 'serve',
      app,
      key,
      loads,
      console: async () => (servesConsole(app.config()) ? consoleBase(app.config().listen, origin) : undefined),
      asked: () => refused,
    });
    const windows = serveWindows(server, key, Promise.resolve(gateway), log);
    session.onWarning(windows.warn);
    return windows;
  } catch (error) {
    log.warn(`windows cannot attach to this gateway: ${toError(error).message}`);
    return undefined;
  }
}
