import type { Command } from 'commander';
import { createLoginCode, loginLink } from '../../console/login-code.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { createConsoleKeys } from '../../store/console-keys.ts';
import { createStateFile, type StateFile } from '../../store/state-file.ts';
import { type CommonOptions, openSession } from '../context.ts';
import { print } from '../print.ts';
import { findConsole } from '../window/find-console.ts';

/** `plugmux console`: a link that logs in at the console of the running gateway, once. */
export function addConsole(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('console')
    .description('print a link that opens the console of the running gateway; it works once')
    .option('--logout', 'end every login at the console')
    .option('--json', 'print JSON')
    .action(async (options: CommonOptions & { logout?: true }) => {
      const { config } = openSession(options, adapters, { here: true, quiet: true });
      if (options.logout) {
        const ended = withState(config.state, (file) => createConsoleKeys(file).removeAll());
        return print({ ended }, options.json, () => `Ended ${ended} login${ended === 1 ? '' : 's'} at the console.`);
      }
      const { base, kind } = await findConsole(options.config, config);
      const url = loginLink(base, withState(config.state, createLoginCode));
      // The gateway in the background ends a minute after its last use.
      const limit = kind === 'background' ? 'within a minute' : 'within 10 minutes';
      print({ url }, options.json, () => `Open this ${limit}. It works once:\n${url}`);
    });
}

function withState<T>(state: string, use: (file: StateFile) => T): T {
  const file = createStateFile(state);
  try {
    return use(file);
  } finally {
    file.close();
  }
}
