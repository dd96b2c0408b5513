import type { Command } from 'commander';
import type { Adapter } from '../../core/contract/adapter.ts';
import { findPlugin } from '../../gateway/plugin-admin.ts';
import { type CommonOptions, LOCAL_ACTOR, openSession, unknownPlugin } from '../context.ts';

const COMMANDS = [
  { name: 'enable', enabled: true, description: 'enable a plugin, or retry a failed one' },
  { name: 'disable', enabled: false, description: 'disable a plugin' },
] as const;

/** `plugmux enable` and `plugmux disable`: what administrators decide about whole plugins, remembered across restarts. */
export function addEnable(program: Command, adapters: readonly Adapter[]): void {
  for (const { name, enabled, description } of COMMANDS) {
    program
      .command(`${name} <plugin>`)
      .description(description)
      .action(async (id: string, options: CommonOptions) => {
        const session = openSession(options, adapters, { here: true, quiet: true });
        const app = await session.open();
        try {
          const all = app.registry.plugins();
          const found = findPlugin(all, id);
          const ids = all.map((plugin) => plugin.id);
          if (!found) throw unknownPlugin(id, ids, session.config);
          await app.admin.setEnabled(found.id, enabled, LOCAL_ACTOR);
          process.stdout.write(`${found.id} is ${name}d. A gateway that runs already follows with the next change of its configuration.\n`);
        } finally {
          await app.close();
          session.flushLog();
        }
      });
  }
}
