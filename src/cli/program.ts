import type { Adapter } from '../core/contract/adapter.ts';
import { GatewayError } from '../core/errors.ts';
import { MAX_NESTING, nesting } from '../host/process/environment.ts';
import { runStdio } from './commands/stdio.ts';
import { describeError, UsageError } from './context.ts';
import { ownRedactor } from './redactor.ts';
import { readStart } from './start-options.ts';
import { endOnUncaught } from './uncaught.ts';

/** Runs the command line. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. */
export async function runProgram(argv: readonly string[], adapters: readonly Adapter[]): Promise<void> {
  endOnUncaught();
  try {
    if (nesting(process.env) > MAX_NESTING) {
      throw new UsageError(
        'plugmux was started by a plugin of a plugmux that was itself started by a plugin, which would never end.',
        "Take plugmux out of the plugin's own list of servers.",
      );
    }
    const start = readStart(argv[2], argv.slice(3));
    if (start && argv[2] === 'stdio') await runStdio(start, adapters);
    else if (start) {
      const { runServe } = await import('./commands/serve.ts');
      await runServe(start, adapters);
    } else {
      const { runCommand } = await import('./command-line.ts');
      process.exitCode = (await runCommand(argv, adapters)) ?? process.exitCode;
    }
  } catch (error) {
    process.exitCode = exitCode(error);
    // src/core/README.md explains the codes; errors of the configuration and the command line need none.
    const code = error instanceof GatewayError && process.exitCode === 1 ? ` (${error.code})` : '';
    process.stderr.write(`plugmux: ${ownRedactor.text(describeError(error))}${code}\n`);
  }
}

function exitCode(error: unknown): number {
  if (error instanceof UsageError) return 2;
  return error instanceof GatewayError && (error.code === 'CONFIG_INVALID' || error.code === 'BIND_REFUSED') ? 2 : 1;
}
