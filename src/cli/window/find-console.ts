import type { Config } from '../../config/config.ts';
import { formatHost, servesConsole } from '../../config/listen.ts';
import type { GatewayFacts } from '../../core/window/handshake.ts';
import { UsageError } from '../context.ts';
import { consoleBase } from './console-base.ts';
import { type Link, openLink } from './link.ts';
import { locateWindow, readKey, type WindowConfig } from './locate.ts';
import { untilStarted } from './start-gateway.ts';

const LOOK_MS = 2_000;

/** Where the console of a configuration is. */
export interface FoundConsole {
  /** The address that links begin with. */
  readonly base: string;
  readonly kind: GatewayFacts['kind'];
}

/** Finds the gateway that runs, or starts the one of all windows. Throws UsageError if there is none, or if it has no console. */
export async function findConsole(flag: string | undefined, config: Config): Promise<FoundConsole> {
  if (config.console === false) throw new UsageError('The console is switched off.', 'Remove "console": false from mcp.json.');
  const window = process.platform === 'win32' ? undefined : locateWindow(flag, process.env, true);
  const ask = (): Promise<Link | undefined> => (window ? askOnce(window) : Promise.resolve(undefined));
  let link = await ask();
  // Without a socket, a gateway may still listen where the file says.
  if (!link && (await isLive(config))) return { base: consoleBase(config.listen, originOf(config)), kind: 'serve' };
  if (!link && window?.oneGateway) link = await untilStarted(window.file, ask);
  if (!link) throw new UsageError('No gateway runs for this configuration.', 'Start one with `plugmux serve`.');
  if (!link.answer.ok) throw new UsageError(`The gateway has no console: ${link.answer.reason}.`, 'Set "console": true in mcp.json.');
  return { base: String(link.answer.console), kind: link.answer.facts.kind };
}

async function askOnce({ state, place }: WindowConfig): Promise<Link | undefined> {
  const key = readKey(state);
  const link = key && (await openLink(place.socket, key, { ask: 'console' }));
  link?.socket.destroy();
  return link;
}

async function isLive(config: Config): Promise<boolean> {
  if (!servesConsole(config)) return false;
  try {
    const response = await fetch(`${consoleBase({}, originOf(config))}/livez`, { signal: AbortSignal.timeout(LOOK_MS) });
    return (await response.text()) === 'alive';
  } catch {
    return false;
  }
}

function originOf({ listen }: Config): string {
  return `http://${formatHost(listen.host)}:${listen.port}`;
}
