import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { compileSooner } from '../../core/compile-sooner.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { DEFAULT_PROFILE } from '../../core/contract/caller.ts';
import type { LineConnection } from '../../transports/lines.ts';
import { serveStdio } from '../../transports/stdio.ts';
import { checkProfile, openSession } from '../context.ts';
import { onParentGone } from '../parent.ts';
import type { StartOptions } from '../start-options.ts';
import { untilStopped } from '../stop.ts';

/** How long plugins may take to stop after the client has gone; with the check for it, less than 5 s. */
const ORPHAN_GRACE_MS = 2_500;
const ORPHAN_EXIT_MS = 3_500;

/** A client that sends nothing for this long does not wait for a list first. */
const SILENT_MS = 1_000;
/** Clients request the first lists right after the reply to initialize. */
const SETTLE_MS = 50;

/** Adds `plugmux stdio`. */
export function addStdio(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('stdio')
    .description('serve over stdio, for clients that start the gateway')
    .option('--profile <name>', 'the profile to serve', DEFAULT_PROFILE)
    .option('--standalone', 'start a gateway of its own, even if one runs')
    .action((options: StartOptions) => runStdio(options, adapters));
}

/** `plugmux stdio`: the gateway for one client that starts it. */
export async function runStdio({ profile = DEFAULT_PROFILE, ...options }: StartOptions, adapters: readonly Adapter[]): Promise<void> {
  compileSooner();
  const session = openSession(options, adapters, {
    here: false,
    quiet: false,
  });
  const { log } = session;
  let orphaned = (): void => process.exit(0);
  onParentGone(() => {
    log.info('The parent process has exited, so the gateway stops.');
    orphaned();
  });
  await untilStopped(
    log,
    () => session.limits().drainMs,
    async (stopped) => {
      const app = await session.open({ forCalls: true });
      // A plugin may define the profile.
      const listing = app.gateway.hasProfile(profile) ? undefined : app.registry.whenListed(app.limits.firstListMs);
      if (listing && (await Promise.race([listing, stopped.then(() => 'over')])) === 'over') return app.close();
      try {
        checkProfile(app, profile);
      } catch (error) {
        await app.close();
        throw error;
      }
      const transport = serveStdio(app.engine, app.limits, profile, log);
      orphaned = () => {
        setTimeout(app.kill, ORPHAN_GRACE_MS).unref();
        setTimeout(() => process.exit(0), ORPHAN_EXIT_MS).unref();
        transport.abandon('the program that started the gateway is gone');
      };
      void Promise.race([transport.leaving, stopped]).then(() => app.drain());
      const over = Promise.race([transport.ended, stopped.then(() => transport.drain())]);
      // Answer the client from the remembered catalogue first; a call opens its plugin.
      if (!app.registry.knew() || (await Promise.race([firstAnswer(transport), over.then(() => 'over')])) !== 'over') {
        await app.watchConfig(session.load);
        void app.registry.start();
      }
      const how = await over;
      await app.close();
      session.flushLog();
      if (how === 'broken') process.exit(1);
    },
  );
}

async function firstAnswer({ answered }: LineConnection): Promise<void> {
  await Promise.race([answered.then(() => sleep(SETTLE_MS)), sleep(SILENT_MS, undefined, { ref: false })]);
}
