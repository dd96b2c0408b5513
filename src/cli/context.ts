import { type App, createApp } from '../app.ts';
import type { Config } from '../config/config.ts';
import type { Limits } from '../config/limits.ts';
import { loadConfig, type Overrides, type TookFiles } from '../config/load.ts';
import { locateConfig } from '../config/locate.ts';
import type { Adapter } from '../core/contract/adapter.ts';
import { LOCAL_PRINCIPAL } from '../core/contract/caller.ts';
import { GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Redactor } from '../core/secrets/redact.ts';
import { didYouMean } from '../core/text/nearest.ts';
import type { Actor } from '../gateway/plugin-admin.ts';
import { createLog, isLogLevel } from './log.ts';
import { showProgress } from './print.ts';
import { ownRedactor } from './redactor.ts';

/** Options that every command has. */
export interface CommonOptions {
  readonly config?: string;
  readonly logLevel?: string;
  readonly json?: boolean;
}

/** Who a command acts for in the audit log. */
export const LOCAL_ACTOR: Actor = { principal: LOCAL_PRINCIPAL, transport: 'cli' };

/** A misuse of the command line: exit code 2. */
export class UsageError extends Error {
  readonly fix: string;
  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

/** What a command works with. */
export interface CliSession {
  readonly config: Config;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly flushLog: () => void;
  /** Reads the configuration again. */
  load(took?: TookFiles): Config;
  /** The limits that hold now. */
  limits(): Limits;
  /**
   * `acceptDamage`: also if the store is damaged, as commands do that explain what is wrong. `forCalls`: not without an
   * audit log that can be written, if the configuration requires one.
   */
  open(how?: { acceptDamage?: boolean; forCalls?: boolean }): Promise<App>;
}

/** Finds and reads the configuration. `here`: ./mcp.json counts. `quiet`: only problems are logged unless asked. */
export function openSession(
  options: CommonOptions,
  adapters: readonly Adapter[],
  mode: { here: boolean; quiet: boolean },
  overrides: Overrides = {},
): CliSession {
  const redactor = ownRedactor;
  const { log, flush } = createLog(logLevel(options.logLevel, mode.quiet ? 'error' : 'info'), redactor);
  const file = locateConfig({
    flag: options.config,
    env: process.env,
    cwd: process.cwd(),
    here: mode.here,
  });
  const load = (took?: TookFiles): Config => {
    const loaded = loadConfig(file, adapters, process.env, overrides, took);
    for (const secret of loaded.secrets) redactor.add(secret);
    return loaded;
  };
  const config = load();
  let app: App | undefined;
  return {
    config,
    log,
    redactor,
    flushLog: flush,
    load,
    limits: () => app?.limits ?? config.limits,
    async open(how) {
      app = await createApp({ config, adapters, redactor, log, ...how });
      return app;
    },
  };
}

/** The level of the log: as asked for, else by the environment. */
export function logLevel(asked: string | undefined, usual: string): string {
  const level = asked ?? process.env.PLUGMUX_LOG_LEVEL ?? usual;
  if (!isLogLevel(level)) throw new UsageError(`There is no log level "${level}".`, 'Use debug, info, warn, error or silent.');
  return level;
}

/** Opens the app with every plugin started, for as long as `use` takes, as a profile sees it. */
export async function withPlugins(session: CliSession, profile: string, use: (app: App) => void | Promise<void>): Promise<void> {
  const app = await session.open();
  const done = showProgress('starting the plugins');
  try {
    await app.registry.start();
    done();
    checkProfile(app, profile);
    await use(app);
  } finally {
    done();
    await app.close();
    session.flushLog();
  }
}

/** Refuses a profile that does not exist. Plugins may bring profiles along: those that list them have been waited for. */
export function checkProfile({ gateway, policy }: App, profile: string): void {
  if (gateway.hasProfile(profile)) return;
  const profiles = policy().profiles();
  throw new UsageError(`There is no profile "${profile}".`, didYouMean(profile, profiles).trim() || `Use one of: ${profiles.join(', ')}.`);
}

/** The refusal of a plugin's id that nobody has. */
export function unknownPlugin(id: string, ids: readonly string[], { leftOut }: Pick<Config, 'leftOut'>): UsageError {
  const why = leftOut.get(id);
  if (why !== undefined) return new UsageError(`The server "${id}" is left out: ${why}`, 'Correct that entry.');
  const fix = ids.length > 0 ? `Use one of: ${ids.join(', ')}.` : 'Add it under "plugins" in mcp.json.';
  return new UsageError(`There is no plugin "${id}".`, didYouMean(id, ids).trim() || fix);
}

/** What went wrong, for a person: message, then what to do. */
export function describeError(error: unknown): string {
  // A fault of the configuration begins with its place and says itself what belongs there.
  if (error instanceof GatewayError && error.code === 'CONFIG_INVALID' && error.details.at !== undefined) return error.message;
  if (error instanceof GatewayError) return `${error.message}${/^[^\n]*[.!?]$/.test(error.message) ? ' ' : '\n'}${error.fix}`;
  if (error instanceof UsageError) return `${error.message} ${error.fix}`;
  return error instanceof Error ? error.message : String(error);
}
