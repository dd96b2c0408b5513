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
import { type CommonOptions, openSession, UsageError, unknownPlugin, withApp } from '../context.ts';
import { columns, print, printMasked, showProgress } from '../print.ts';
import { showResult } from './call.ts';

/** `plugmux command`: runs a command that a plugin offers to the user, not to the model. */
export function addCommand(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('command')
    .description("run a plugin's command; without a name, list its commands")
    .argument('<plugin>', "the plugin's id")
    .argument('[name]', 'the command')
    .argument('[words...]', 'its arguments')
    .option('--json', 'print the whole result as JSON')
    .action(async (id: string, name: string | undefined, words: string[], options: CommonOptions) => {
      const session = openSession(options, adapters, { here: true, quiet: true });
      await withApp(session, {}, async (app) => {
        const done = showProgress(`starting ${id}`);
        const commands = await commandsOf(app, id, session.config.limits.startTimeoutMs).finally(done);
        if (name === undefined) return printMasked(commands, options.json, () => list(commands));
        const command = commands.find((c) => c.name === name);
        if (!command) throw unknown(id, name, commands);
        const call = new Call(localCaller(), silentClient(session.log.area(id)));
        process.once('SIGINT', () => call.abort(new GatewayError('CALL_CANCELLED', 'The command was cancelled.')));
        const result = await toPluginFailed(id, () => command.run(words.join(' '), call));
        (result.isError ? printMasked : print)(result, options.json, () => showResult(result));
        if (result.isError) process.exitCode = 1;
      });
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
