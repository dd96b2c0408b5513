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
import { orOneOf } from '../core/text/nearest.ts';
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

/** The actor of commands in the audit log. */
export const LOCAL_ACTOR: Actor = { principal: LOCAL_PRINCIPAL, transport: 'cli' };

/** A misuse of the command line: exit code 2. */
export class UsageError extends Error {
  readonly fix: string;
  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

/** The configuration, log and app of one command. */
export interface CliSession {
  readonly config: Config;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly flushLog: () => void;
  /** Calls back with each warning and error of the log. */
  readonly onWarning: (listener: (text: string) => void) => void;
  /** Reads the configuration again, or `given` as the text of its file. */
  load(took?: TookFiles, given?: Buffer): Config;
  /** The limits in effect. */
  limits(): Limits;
  /** Opens the app. Throws STORE_DAMAGED, or AUDIT_STORE_UNAVAILABLE with `forCalls`. */
  open(how?: OpenOptions): Promise<App>;
}

/** How a command opens the app. */
export interface OpenOptions {
  /** Opens it even if the store is damaged, for commands that explain what is wrong. */
  readonly acceptDamage?: boolean;
  /** Fails if the configuration requires an audit log and it cannot be written. */
  readonly forCalls?: boolean;
}

/**
 * Finds and reads the configuration. `here`: ./mcp.json is a candidate. `quiet`: logs errors only, unless
 * --log-level is given. `sink` takes the log's lines instead of stderr.
 */
export function openSession(
  options: CommonOptions,
  adapters: readonly Adapter[],
  mode: { here: boolean; quiet: boolean; sink?: (line: string) => void },
  overrides: Overrides = {},
): CliSession {
  const redactor = ownRedactor;
  const { log, flush, onWarning, ring } = createLog(logLevel(options.logLevel, mode.quiet ? 'error' : 'info'), redactor, mode.sink);
  const file = locateConfig({
    flag: options.config,
    env: process.env,
    cwd: process.cwd(),
    here: mode.here,
  });
  const load = (took?: TookFiles, given?: Buffer): Config => {
    const loaded = loadConfig(file, adapters, process.env, overrides, took, given);
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
    onWarning,
    load,
    limits: () => app?.limits ?? config.limits,
    async open(how) {
      app = await createApp({ config, adapters, redactor, log, logRing: ring, ...how });
      return app;
    },
  };
}

/** The log level of the flag, else of PLUGMUX_LOG_LEVEL, else `usual`. Throws UsageError for an unknown one. */
export function logLevel(asked: string | undefined, usual: string): string {
  const level = asked ?? process.env.PLUGMUX_LOG_LEVEL ?? usual;
  if (!isLogLevel(level)) throw new UsageError(`There is no log level "${level}".`, 'Use debug, info, warn, error or silent.');
  return level;
}

/** Opens the app while `use` runs, then closes it and flushes the log. */
export async function withApp<T>(session: CliSession, how: OpenOptions, use: (app: App) => T | Promise<T>): Promise<T> {
  const app = await session.open(how);
  try {
    return await use(app);
  } finally {
    await app.close();
    session.flushLog();
  }
}

/** Opens the app while `use` runs, with every plugin started, for a profile that must exist. */
export async function withPlugins(session: CliSession, profile: string, use: (app: App) => void | Promise<void>): Promise<void> {
  await withApp(session, {}, async (app) => {
    const done = showProgress('starting the plugins');
    await app.registry.start().finally(done);
    checkProfile(app, profile);
    await use(app);
  });
}

/** Opens the app while `use` runs, once the plugins are listed or `firstListMs` is over. Works on a damaged store, too. */
export async function withListed(session: CliSession, profile: string, use: (app: App) => void | Promise<void>): Promise<void> {
  await withApp(session, { acceptDamage: true }, async (app) => {
    await app.registry.opened(app.limits.firstListMs);
    checkProfile(app, profile);
    await use(app);
  });
}

/** Throws UsageError for a profile that does not exist. Plugins can bring profiles, so open the plugins first. */
export function checkProfile({ gateway, policy }: App, profile: string): void {
  if (gateway.hasProfile(profile)) return;
  const profiles = policy().profiles();
  throw new UsageError(`There is no profile "${profile}".`, orOneOf(profile, profiles) ?? '');
}

/** The error for an unknown plugin id; if its entry was left out, it says why. */
export function unknownPlugin(id: string, ids: readonly string[], { leftOut }: Pick<Config, 'leftOut'>): UsageError {
  const why = leftOut.get(id);
  if (why !== undefined) return new UsageError(`The server "${id}" is left out: ${why}`, 'Correct that entry.');
  return new UsageError(`There is no plugin "${id}".`, orOneOf(id, ids) ?? 'Add it under "plugins" in mcp.json.');
}

/** An error as text for a terminal: the message, then the fix. */
export function describeError(error: unknown): string {
  // A configuration error already names its place and the expected value.
  if (error instanceof GatewayError && error.code === 'CONFIG_INVALID' && error.details.at !== undefined) return error.message;
  if (error instanceof GatewayError) return `${error.message}${/^[^\n]*[.!?]$/.test(error.message) ? ' ' : '\n'}${error.fix}`;
  if (error instanceof UsageError) return `${error.message} ${error.fix}`;
  return error instanceof Error ? error.message : String(error);
}
