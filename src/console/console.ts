import type { IncomingMessage, ServerResponse } from 'node:http';
import { servesConsole } from '../config/listen.ts';
import { toError } from '../core/errors.ts';
import type { Edge } from '../transports/edge/edge.ts';
import { type FallThrough, refuseUpgrade } from '../transports/fall-through.ts';
import type { ConsoleServer } from './app.ts';
import type { ConsoleParts } from './parts.ts';

/** The addresses of the console, each with everything below it. */
const PLACES = ['/console', '/api/console'];
/** The live channel. */
const LIVE = '/api/console/live';

/**
 * The console, loaded by its first request: express takes 80 ms and 12 MB that most gateways never need. `isOn`: whether it is
 * served now.
 */
export function createConsole(
  parts: Omit<ConsoleParts, 'edge'>,
  isOn: () => boolean = () => servesConsole(parts.app.config()),
): (edge: Edge) => FallThrough {
  parts.app.approvals.offer(isOn);
  return (edge) => {
    let loaded: ConsoleServer | undefined;
    let loading: Promise<ConsoleServer> | undefined;
    const load = (): Promise<ConsoleServer> => {
      loading ??= import('./app.ts').then(({ createConsoleServer }) => {
        loaded = createConsoleServer({ ...parts, edge });
        return loaded;
      });
      return loading;
    };
    const fail = (response: ServerResponse, error: unknown): void => {
      loading = undefined;
      parts.log.error(`the console cannot be loaded: ${toError(error).stack}`);
      response.writeHead(500, { 'Content-Length': 0 }).end();
    };
    let isUsed = false;
    return {
      takes: (path) => isConsole(path) && isOn(),
      handle(request: IncomingMessage, response: ServerResponse) {
        isUsed = true;
        if (loaded) loaded.handle(request, response);
        else
          load().then(
            ({ handle }) => handle(request, response),
            (error: unknown) => fail(response, error),
          );
      },
      upgrades: (path) => path === LIVE && isOn(),
      upgrade(request, socket, head) {
        isUsed = true;
        load().then(
          (console) => console.upgrade(request, socket, head),
          (error: unknown) => {
            loading = undefined;
            refuseUpgrade(socket, error);
          },
        );
      },
      isUsed() {
        const was = isUsed || (loaded?.pages() ?? 0) > 0;
        isUsed = false;
        return was;
      },
      checkLogins: () => loaded?.checkLogins(),
      close: () => loaded?.close(),
    };
  };
}

function isConsole(path: string): boolean {
  return path === '/' || PLACES.some((place) => path.startsWith(place) && (path.length === place.length || path[place.length] === '/'));
}
