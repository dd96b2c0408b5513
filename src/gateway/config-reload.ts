import { needsLogin } from '../config/auth/auth.ts';
import type { Config } from '../config/config.ts';
import { changesOf, listKeys } from '../config/reload/changes.ts';
import { toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Redactor } from '../core/secrets/redact.ts';
import type { Registry } from '../registry/registry.ts';
import { type Audit, recordRefusal } from './audit/audit.ts';
import { isAuditRequired } from './gateway.ts';

/** The dependencies of a reload. */
export interface ReloadParts {
  /** Reads the file again; throws if it is invalid. */
  load(): Config;
  /** The active configuration. */
  config(): Config;
  /** Applies everything that does not depend on plugins. Throws before anything has changed. */
  hold(next: Config): void;
  /** Opens and closes plugins. */
  applyConfig(): Promise<void>;
  readonly registry: Registry;
  readonly audit: Audit;
  readonly redactor: Redactor;
  readonly log: Logger;
  readonly rejections: Rejections;
  /** Called after a configuration was rejected. */
  rejected(): void;
}

/** Why the file that is there now is not the active configuration, in the words of the log, and since when. */
export interface Rejection {
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Rejections {
  put(message: string): void;
  /** The last one, unless a later configuration was applied. */
  current(): Rejection | undefined;
}

export function createRejections(config: () => Config): Rejections {
  let last: (Rejection & { readonly before: Config }) | undefined;
  return {
    put(message) {
      last = { message, at: Date.now(), before: config() };
    },
    current: () => (last?.before === config() ? last : undefined),
  };
}

/** Returns the function that reloads the configuration file. It logs a rejected one, and the previous one stays active. */
export function createReload({
  load,
  config,
  hold,
  applyConfig,
  registry,
  audit,
  redactor,
  log,
  rejections,
  rejected,
}: ReloadParts): () => void {
  const started = config();
  return () => {
    const before = config();
    try {
      const next = load();
      for (const secret of next.secrets) redactor.add(secret);
      // The listen address and the state folder change only at the next start.
      const { state, listen } = started;
      // A line must be written before the log can be required.
      if (isAuditRequired(next) && !isAuditRequired(before)) void audit.prove();
      hold({ ...next, state, listen: { ...next.listen, host: listen.host, port: listen.port } });
      for (const warning of next.warnings) log.warn(warning);
    } catch (error) {
      recordRefusal(audit, error);
      const tokens = needsLogin(before) ? ' Tokens that were removed from it still work.' : '';
      const message = `configuration not reloaded (the previous one stays active): ${toError(error).message}${tokens}`;
      log.error(message);
      rejections.put(message);
      return rejected();
    }
    const { all, late: changedLate } = changesOf(before, config());
    audit.event('reload', { by: 'file', outcome: 'ok', changed: [...all] });
    log.info(all.length === 0 ? 'configuration reloaded: nothing has changed' : `configuration reloaded; changed: ${listKeys(all)}`);
    const waiting = changesOf(started, config()).late;
    const late = changedLate.filter((name) => waiting.includes(name));
    if (late.length > 0) log.warn(`these changes take effect after a restart: ${listKeys(late)}`);
    // The next reload does not wait for this, since a restarting plugin may never become ready.
    applyConfig()
      .then(() => registry.start())
      .catch((error) => log.error(`configuration reload failed: ${toError(error).message}`));
  };
}
