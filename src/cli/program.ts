import { Command, CommanderError } from 'commander';
import type { Adapter } from '../core/contract/adapter.ts';
import { GatewayError } from '../core/errors.ts';
import { VERSION } from '../core/package.ts';
import { MAX_NESTING, nesting } from '../host/process/environment.ts';
import { addServe } from './commands/serve.ts';
import { addStdio } from './commands/stdio.ts';
import { describeError, UsageError } from './context.ts';
import { addHelp } from './help.ts';
import { ownRedactor } from './redactor.ts';
import { endOnUncaught } from './uncaught.ts';

type AddCommand = (program: Command, adapters: readonly Adapter[]) => void;

/** The commands that start a gateway. The others are loaded only for another command or for help. */
const STARTS: ReadonlyMap<string | undefined, AddCommand> = new Map([
  ['serve', addServe],
  ['stdio', addStdio],
]);

/**
 * Creates the command line with all commands, those of the adapters included; only with the named one if that starts a
 * gateway. Parsing reports errors as CommanderError.
 */
export async function createProgram(adapters: readonly Adapter[], name?: string): Promise<Command> {
  const program = new Command('plugmux');
  program
    .description('Serves plugins of other agent frameworks as one MCP server.')
    .version(VERSION)
    .showHelpAfterError('(see --help)')
    .exitOverride();
  const start = STARTS.get(name);
  if (start) start(program, adapters);
  else {
    for (const add of STARTS.values()) add(program, adapters);
    const { addCommands } = await import('./commands/commands.ts');
    await addCommands(program, adapters);
  }
  addHelp(program);
  // A parent command would consume these options before its subcommand sees them.
  for (const command of program.commands.flatMap((command) => (command.commands.length === 0 ? command : command.commands))) {
    const has = (name: string): boolean => command.options.some(({ long }) => long === name);
    if (!has('--config')) command.option('--config <file>', 'the configuration; default: PLUGMUX_CONFIG, then mcp.json');
    if (!has('--log-level')) command.option('--log-level <level>', 'debug, info, warn, error or silent');
  }
  return program;
}

/** Runs the command line. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. */
export async function runProgram(argv: readonly string[], adapters: readonly Adapter[]): Promise<void> {
  endOnUncaught();
  const program = await createProgram(adapters, argv[2]);
  try {
    if (nesting(process.env) > MAX_NESTING) {
      throw new UsageError(
        'plugmux was started by a plugin of a plugmux that was itself started by a plugin, which would never end.',
        "Take plugmux out of the plugin's own list of servers.",
      );
    }
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = exitCode(error);
    // src/core/README.md explains the codes; errors of the configuration and the command line need none.
    const code = error instanceof GatewayError && process.exitCode === 1 ? ` (${error.code})` : '';
    if (!(error instanceof CommanderError)) process.stderr.write(`plugmux: ${ownRedactor.text(describeError(error))}${code}\n`);
  }
}

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError) return 2;
  return error instanceof GatewayError && (error.code === 'CONFIG_INVALID' || error.code === 'BIND_REFUSED') ? 2 : 1;
}
