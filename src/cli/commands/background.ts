import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { compileSooner } from '../../core/compile-sooner.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { deferred } from '../../core/deferred.ts';
import { toError } from '../../core/errors.ts';
import { createFolder } from '../../core/window/place.ts';
import { withLock } from '../../host/process/lock.ts';
import { createStateKey } from '../../store/state-key.ts';
import { serveWindows, takeSocket, type WindowGateway } from '../../transports/windows/windows.ts';
import { type CommonOptions, openSession } from '../context.ts';
import { createLogFile } from '../log-file.ts';
import { untilStopped } from '../stop.ts';
import { createConsolePort } from '../window/console-port.ts';
import { locateWindow } from '../window/locate.ts';
import { recordLoads, toWindowGateway } from '../window/serve-windows.ts';

const LOG_BYTES = 10 * 1024 * 1024;
const LOOK_MS = 250;
/** Plugins start after the first window has its lists, which come from the stored catalogue. */
const SETTLE_MS = 1_000;

/** `plugmux background`: the gateway of all windows, which the first of them starts. Ends `--idle` seconds after its last use. */
export function addBackground(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('background', { hidden: true })
    .description('serve the windows of `plugmux stdio`; the first window starts it')
    .option('--idle <seconds>', 'how long it waits for a window', '60')
    .action(async (options: CommonOptions & { idle: string }) => {
      compileSooner();
      const place = locateWindow(options.config, process.env);
      if (!place) return fail(adapters, options);
      mkdirSync(place.state, { recursive: true, mode: 0o700 });
      const key = createStateKey(place.state)();
      if (!key) throw new Error(`The key in ${place.state} can be neither read nor created.`);
      const sink = createLogFile(join(place.state, 'log'), LOG_BYTES);
      // An invalid configuration must be known before windows wait for this gateway.
      const session = openSession(options, adapters, { here: false, quiet: false, sink });
      const { log } = session;
      createFolder(place.place);
      const server = await withLock(place.place.lock, unlimited(), () => takeSocket(place.place));
      // Another window's gateway was faster.
      if (!server) return;
      const gateway = deferred<WindowGateway>();
      const windows = serveWindows(server, key, gateway.promise, log);
      session.onWarning(windows.warn);
      const over = deferred<'moved' | 'stopped'>();
      await untilStopped(
        log,
        () => session.limits().drainMs,
        async (signalled) => {
          const app = await session.open({ forCalls: true }).catch((error) => {
            gateway.reject(error);
            server.close();
            log.error(toError(error).message);
            throw error;
          });
          const loads = recordLoads(session.load, () => app.config().file);
          const asked = (what: 'stop' | 'takeover'): undefined => {
            over.resolve(what === 'takeover' ? 'moved' : 'stopped');
          };
          const port = createConsolePort(app, session);
          const address = async (): Promise<string | undefined> => (app.config().console === false ? undefined : port.address());
          gateway.resolve(toWindowGateway({ kind: 'background', app, key, loads, console: address, asked }));
          await app.watchConfig(loads.load);
          setTimeout(() => void app.registry.start(), app.registry.knew() ? SETTLE_MS : 0).unref();
          const idle = idleFor(Number(options.idle) * 1000, () => windows.count() > 0 || app.calls() > 0 || port.isUsed(), over.promise);
          const why = await Promise.race([over.promise, idle, signalled.then(() => 'stopped' as const)]);
          log.info(why === 'moved' ? 'another gateway takes over' : 'the gateway in the background ends');
          app.drain();
          await windows.end(why);
          await app.close();
          await port.close();
          session.flushLog();
        },
      );
    });
}

async function idleFor(ms: number, isUsed: () => boolean, over: Promise<unknown>): Promise<'stopped'> {
  let isOver = false;
  void over.then(() => {
    isOver = true;
  });
  for (let last = performance.now(); !isOver && performance.now() - last < ms; await sleep(LOOK_MS)) if (isUsed()) last = performance.now();
  return 'stopped';
}

function unlimited(): { signal: AbortSignal; stopped: () => Error } {
  return { signal: new AbortController().signal, stopped: () => new Error('stopped') };
}

// Reading the configuration in full reports what is wrong with it.
function fail(adapters: readonly Adapter[], options: CommonOptions): never {
  openSession(options, adapters, { here: false, quiet: false });
  throw new Error('The state folder of the configuration is written with a reference, so no gateway can serve all windows.');
}
