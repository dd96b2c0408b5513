import type { Command } from 'commander';
import type { Adapter } from '../../core/contract/adapter.ts';
import type { DiscoverOptions } from '../discover/run-discover.ts';

/** `plugmux discover`: lists what other clients have installed on this machine, and adds it to mcp.json. */
export function addDiscover(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('discover')
    .description('list servers, plugins, bundles and skills that other clients have installed, and add them to mcp.json')
    .argument('[client...]', 'only of these clients; default: of all')
    .option('--yes', 'add them without asking')
    .option('--dry-run', 'only list them')
    .option('--env-secrets', 'write ${env:NAME} in place of secrets')
    .option('--json', 'print JSON; adds them only with --yes')
    .action(async (clients: readonly string[], options: DiscoverOptions) => {
      const { runDiscover } = await import('../discover/run-discover.ts');
      return runDiscover(clients, options, adapters);
    });
}
