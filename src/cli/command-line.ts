import { Command, CommanderError } from 'commander';
import type { Adapter } from '../core/contract/adapter.ts';
import { VERSION } from '../core/package.ts';
import { addServe } from './commands/serve.ts';
import { addStdio } from './commands/stdio.ts';
import { addHelp } from './help.ts';

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

/** Parses the command line and runs the command. Returns the exit code of what the library has reported itself. */
export async function runCommand(argv: readonly string[], adapters: readonly Adapter[]): Promise<number | undefined> {
  const program = await createProgram(adapters, argv[2]);
  try {
    await program.parseAsync(argv);
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}
