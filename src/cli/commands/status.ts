import type { Command } from 'commander';
import type { GatewayFacts, Hello } from '../../core/window/handshake.ts';
import { type CommonOptions, UsageError } from '../context.ts';
import { print } from '../print.ts';
import { openLink } from '../window/link.ts';
import { locateWindow, readKey } from '../window/locate.ts';

/** `plugmux status` and `plugmux stop`: the gateway that serves the windows of a configuration. */
export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show the gateway that runs for a configuration')
    .option('--json', 'print JSON')
    .action(async (options: CommonOptions) => {
      const facts = await ask(options, 'status');
      print(facts ?? null, options.json, () => (facts ? describe(facts) : 'No gateway runs.'));
    });
  program
    .command('stop')
    .description('end the gateway in the background; the next call of a window starts a new one')
    .option('--json', 'print JSON')
    .action(async (options: CommonOptions) => {
      const facts = await ask(options, 'stop');
      print({ stopped: facts?.pid ?? null }, options.json, () => (facts ? `The gateway ends (process ${facts.pid}).` : 'No gateway runs.'));
    });
}

async function ask(options: CommonOptions, what: Hello['ask']): Promise<GatewayFacts | undefined> {
  const config = locateWindow(options.config, process.env, true);
  if (!config) throw new UsageError('The configuration cannot be read.', 'Run `plugmux doctor` to see why.');
  const key = readKey(config.state);
  const link = key && (await openLink(config.place.socket, key, { ask: what }));
  link?.socket.destroy();
  if (link?.answer.ok === false) throw new UsageError(link.answer.reason, 'Stop that program instead.');
  return link?.answer.facts;
}

function describe({ kind, pid, started, windows, calls, plugins }: GatewayFacts): string {
  const how = kind === 'serve' ? 'plugmux serve' : 'in the background';
  return [
    `A gateway runs (${how}, process ${pid}) since ${new Date(started).toISOString()}.`,
    `windows: ${windows}, calls in flight: ${calls}, plugins: ${plugins}`,
  ].join('\n');
}
