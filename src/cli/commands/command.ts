import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { App } from '../../app.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { localCaller } from '../../core/contract/caller.ts';
import type { UserCommand } from '../../core/contract/command.ts';
import { GatewayError } from '../../core/errors.ts';
import { didYouMean } from '../../core/text/nearest.ts';
import { Call, silentClient } from '../../gateway/call/call.ts';
import { toPluginFailed } from '../../gateway/call/plugin-errors.ts';
import { toUnavailable } from '../../registry/plugin-status.ts';
import { type CommonOptions, openSession, UsageError, unknownPlugin } from '../context.ts';
import { columns, print, printMasked, showProgress } from '../print.ts';
import { showResult } from './call.ts';

/** `plugmux command`: runs what a plugin offers to the person rather than to the model. */
export function addCommand(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('command')
    .description("run a plugin's command; without a name, list its commands")
    .argument('<plugin>', "the plugin's id")
    .argument('[name]', 'the command')
    .argument('[words...]', 'what to type behind it')
    .option('--json', 'print the whole result as JSON')
    .action(async (id: string, name: string | undefined, words: string[], options: CommonOptions) => {
      const session = openSession(options, adapters, { here: true, quiet: true });
      const app = await session.open();
      const done = showProgress(`starting ${id}`);
      try {
        const commands = await commandsOf(app, id, session.config.limits.startTimeoutMs);
        if (name === undefined) {
          done();
          return printMasked(commands, options.json, () => list(commands));
        }
        const command = commands.find((c) => c.name === name);
        if (!command) throw unknown(id, name, commands);
        const call = new Call(localCaller(), silentClient(session.log.area(id)));
        process.once('SIGINT', () => call.abort(new GatewayError('CALL_CANCELLED', 'The command was cancelled.')));
        const result = await toPluginFailed(id, () => command.run(words.join(' '), call));
        done();
        (result.isError ? printMasked : print)(result, options.json, () => showResult(result));
        if (result.isError) process.exitCode = 1;
      } finally {
        done();
        await app.close();
        session.flushLog();
      }
    });
}

async function commandsOf({ registry, config }: App, id: string, withinMs: number): Promise<readonly UserCommand[]> {
  const plugins = registry.plugins().map((p) => p.id);
  if (!plugins.includes(id)) throw unknownPlugin(id, plugins, config());
  const opening = registry.settled(id);
  if (opening) await Promise.race([opening, sleep(withinMs, undefined, { ref: false })]);
  const { error } = registry.plugins().find((p) => p.id === id) ?? {};
  if (error) throw error;
  if (registry.opening(id)) throw toUnavailable({ id, error });
  return registry.commands(id);
}

function unknown(id: string, name: string, commands: readonly UserCommand[]): UsageError {
  const names = commands.map((c) => c.name);
  return new UsageError(
    `Plugin ${id} has no command "${name}".`,
    didYouMean(name, names).trim() || `It has: ${names.join(', ') || 'none'}.`,
  );
}

function list(commands: readonly UserCommand[]): string {
  if (commands.length === 0) return 'No commands.';
  return columns(commands.map((c) => [`${c.name} ${c.usage ?? ''}`.trim(), c.description ?? '']));
}
