import { GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { isDamage } from '../store/faults.ts';
import { DISABLED_SPACE, type Store } from '../store/store.ts';

/** What administrators decided about whole plugins, kept across restarts. */
export interface Enablement {
  /** Why a plugin may not be opened, or undefined. An error means that the decisions cannot be read. */
  refusal(pluginId: string): string | GatewayError | undefined;
  /** Keeps a decision. Throws if the store cannot be written; a plugin that was to be disabled is, until this process ends. */
  set(pluginId: string, enabled: boolean): void;
  /** Looks at the store before plugins are opened; whether its decisions may be readable later although they are not now. */
  check(): boolean;
}

const DISABLED = 'an administrator disabled it';

/** The decisions in a store. A plugin without a decision is enabled; as long as the store cannot be read, none is. */
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
      // A locked store takes its time to fail, so it is not read once more for each plugin.
      if (fault) return toDoubt(fault);
      try {
        return store.get(DISABLED_SPACE, id) === undefined ? undefined : DISABLED;
      } catch (thrown) {
        return toDoubt(thrown as GatewayError);
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

function toDoubt(fault: GatewayError): GatewayError {
  const { code, message, fix } = fault;
  return new GatewayError(code, `It counts as disabled, since the decisions of administrators cannot be read: ${message}`, {
    fix,
    cause: fault,
  });
}
