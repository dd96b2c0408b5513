import type { Command } from 'commander';
import type { Adapter } from '../core/adapter.ts';
import { DEFAULT_PROFILE } from '../core/caller.ts';
import { compileSooner } from '../core/compile-sooner.ts';
import { serveStdio } from '../transports/stdio.ts';
import { type CommonOptions, checkProfile, openSession } from './context.ts';
import { untilStopped } from './stop.ts';

/** `plugmux stdio`: the gateway for one client that starts it. */
export function addStdio(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('stdio')
    .description('serve the plugins to the program that starts this one, over stdin and stdout')
    .option('--profile <name>', 'the profile to serve', DEFAULT_PROFILE)
    .action(async (options: CommonOptions & { profile: string }) => {
      compileSooner();
      const session = openSession(options, adapters, {
        here: false,
        quiet: false,
      });
      const { log } = session;
      await untilStopped(
        log,
        () => session.limits().drainMs,
        async (stopped) => {
          const app = await session.open();
          // A plugin may bring the profile along.
          if (!app.gateway.knows(options.profile)) await app.gateway.listed();
          try {
            checkProfile(app, options.profile);
          } catch (error) {
            await app.close();
            throw error;
          }
          const transport = serveStdio(app.engine, app.limits, options.profile);
          await app.follow(session.load);
          void app.registry.start();
          await Promise.race([transport.ended, stopped.then(() => transport.drain())]);
          await app.close();
          session.flushLog();
        },
      );
    });
}
