import { GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { isDamage } from '../store/faults.ts';
import { DISABLED_SPACE, type Store } from '../store/store.ts';

/** The decisions of administrators to disable plugins. They survive restarts. */
export interface Enablement {
  /** Why a plugin must not be opened; undefined if it may. An error means that the decisions cannot be read. */
  refusal(pluginId: string): string | GatewayError | undefined;
  /** Stores a decision. Throws if the store cannot be written; a plugin to be disabled is then disabled until this process ends. */
  set(pluginId: string, enabled: boolean): void;
  /** Checks the store before plugins are opened. True if the decisions cannot be read now, but perhaps later. */
  check(): boolean;
}

const DISABLED = 'an administrator disabled it';

/** The decisions in a store. A plugin without a decision is enabled. While the store cannot be read, every plugin counts as disabled. */
export function createEnablement(store: Store, log: Logger): Enablement {
  const unsaved = new Set<string>();
  let reported: string | undefined;
  let fault: GatewayError | undefined;

  const report = (error: GatewayError): void => {
    if (reported !== error.message)
      log.error(`${error.message} Plugins that open from now on count as disabled. ${error.fix}`, { code: error.code });
    reported = error.message;
  };

  return {
    refusal(id) {
      if (unsaved.has(id)) return DISABLED;
      // Reading a locked store takes long to fail, so it is not repeated for each plugin.
      if (fault) return toUndecided(fault);
      try {
        return store.get(DISABLED_SPACE, id) === undefined ? undefined : DISABLED;
      } catch (thrown) {
        return toUndecided(thrown as GatewayError);
      }
    },
    set(id, enabled) {
      try {
        if (enabled) store.delete(DISABLED_SPACE, id);
        else store.set(DISABLED_SPACE, id, new Date().toISOString());
        unsaved.delete(id);
      } catch (error) {
        if (!enabled) unsaved.add(id);
        throw error;
      }
    },
    check() {
      try {
        store.check();
        store.get(DISABLED_SPACE, '');
        reported = undefined;
        fault = undefined;
        return false;
      } catch (error) {
        fault = error as GatewayError;
        report(fault);
        return !isDamage(fault);
      }
    },
  };
}

function toUndecided(fault: GatewayError): GatewayError {
  const { code, message, fix } = fault;
  return new GatewayError(code, `It counts as disabled, since the decisions of administrators cannot be read: ${message}`, {
    fix,
    cause: fault,
  });
}
