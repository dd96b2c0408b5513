import { type App, createApp } from '../app.ts';
import type { Config } from '../config/config.ts';
import { loadConfig, type Overrides } from '../config/load.ts';
import { locateConfig } from '../config/locate.ts';
import type { Adapter } from '../core/adapter.ts';
import { GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { createRedactor, type Redactor } from '../core/redact.ts';
import { createLog, isLogLevel } from './log.ts';
import { showProgress } from './print.ts';

/** Options that every command has. */
export interface CommonOptions {
  readonly config?: string;
  readonly logLevel?: string;
  readonly json?: boolean;
}

/** A misuse of the command line: exit code 2. */
export class UsageError extends Error {
  readonly fix: string;
  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

/** What a command works with. */
export interface Session {
  readonly config: Config;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly flushLog: () => void;
  /** Reads the configuration again. */
  load(): Config;
  open(): Promise<App>;
}

/** Finds and reads the configuration. `here`: ./mcp.json counts. `quiet`: only problems are logged unless asked. */
export function openSession(
  options: CommonOptions,
  adapters: readonly Adapter[],
  mode: { here: boolean; quiet: boolean },
  overrides: Overrides = {},
): Session {
  const level = options.logLevel ?? process.env.PLUGMUX_LOG_LEVEL ?? (mode.quiet ? 'error' : 'info');
  if (!isLogLevel(level)) throw new UsageError(`There is no log level "${level}".`, 'Use debug, info, warn, error or silent.');
  const redactor = createRedactor();
  const { log, flush } = createLog(level, redactor);
  const file = locateConfig({
    flag: options.config,
    env: process.env,
    cwd: process.cwd(),
    here: mode.here,
  });
  const load = (): Config => loadConfig(file, adapters, process.env, overrides);
  const config = load();
  return {
    config,
    log,
    redactor,
    flushLog: flush,
    load,
    open: () => createApp({ config, adapters, redactor, log }),
  };
}

/** Opens the house with every plugin started, for as long as `use` takes, as a profile sees it. */
export async function withPlugins(session: Session, profile: string, use: (app: App) => void): Promise<void> {
  const app = await session.open();
  const done = showProgress('starting the plugins');
  try {
    await app.registry.start();
    done();
    if (!app.gateway.knows(profile)) throw new UsageError(`There is no profile "${profile}".`, 'Name one of mcp.json.');
    use(app);
  } finally {
    done();
    await app.close();
    session.flushLog();
  }
}

/** What went wrong, for a person: message, then what to do. */
export function describeError(error: unknown): string {
  if (error instanceof GatewayError) return `${error.message}${/^[^\n]*[.!?]$/.test(error.message) ? ' ' : '\n'}${error.fix}`;
  if (error instanceof UsageError) return `${error.message} ${error.fix}`;
  return error instanceof Error ? error.message : String(error);
}
