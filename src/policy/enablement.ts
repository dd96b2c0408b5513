import { GatewayError, toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { isDamage } from '../store/faults.ts';
import { DISABLED_SPACE, ENABLED_SPACE, type Store } from '../store/store.ts';

/** The decisions of administrators to disable plugins. They survive restarts. */
export interface Enablement {
  /** Why a plugin must not be opened; undefined if it may. An error means that the decisions cannot be read. */
  refusal(pluginId: string): string | GatewayError | undefined;
  /** Stores a decision. Throws if the store cannot be written; a plugin to be disabled is then disabled until this process ends. */
  set(pluginId: string, enabled: boolean): void;
  /** Every stored decision, by plugin: another text for each. Throws like the store. */
  decisions(): ReadonlyMap<string, string>;
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

  // Without it the plugin is enabled all the same: other gateways only do not retry it.
  const noteEnabled = (id: string, now: string): void => {
    try {
      store.set(ENABLED_SPACE, id, now);
    } catch (error) {
      log.debug(`other gateways do not retry plugin "${id}": ${toError(error).message}`);
    }
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
        const now = new Date().toISOString();
        if (enabled) store.delete(DISABLED_SPACE, id);
        else store.set(DISABLED_SPACE, id, now);
        if (enabled) noteEnabled(id, now);
        unsaved.delete(id);
      } catch (error) {
        if (!enabled) unsaved.add(id);
        throw error;
      }
    },
    decisions() {
      const stored = (space: string) => [...store.entries(space)].map(([id, at]): [string, string] => [id, `${space} ${at}`]);
      return new Map([...stored(ENABLED_SPACE), ...stored(DISABLED_SPACE)]);
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
