import { GatewayError, toError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Enablement } from '../policy/enablement.ts';
import type { Pins } from '../policy/pins.ts';
import type { Registry } from '../registry/registry.ts';
import type { PluginSettings } from '../store/settings.ts';
import type { StateFile } from '../store/state-file.ts';
import type { ToolSwitches } from '../store/tool-switches.ts';

/** Applies what other processes write to the store: commands, and gateways on the same state folder. */
export interface StoreWatch {
  /** Notes what the store has, just before it is applied. */
  note(): void;
  /** Looks at the store about once a second, until `close`. */
  start(): void;
  close(): void;
}

interface StoreWatchParts {
  readonly store: { readonly file: Pick<StateFile, 'foreignVersion'> };
  readonly toolSwitches: Pick<ToolSwitches, 'reload'>;
  readonly settings: Pick<PluginSettings, 'stamp'>;
  readonly enablement: Pick<Enablement, 'decisions'>;
  readonly pins: Pick<Pins, 'rules'>;
  readonly registry: Pick<Registry, 'rebuild' | 'resetFailure' | 'start'>;
  /** Builds the views again. */
  readonly changed: () => void;
  /** Opens and closes plugins. */
  readonly applyConfig: () => Promise<void>;
  readonly log: Logger;
}

/** How often the store is asked whether another process has written to it, which takes some microseconds. */
const LOOK_MS = 1_000;
/** How many looks are left out if the store cannot be read: reading a locked one takes long to fail. */
const PAUSE = 10;

export function createStoreWatch(parts: StoreWatchParts): StoreWatch {
  const { store, toolSwitches, settings, enablement, pins, registry, changed, applyConfig, log } = parts;
  const read = () => ({
    settings: settings.stamp(),
    decisions: enablement.decisions(),
    pins: JSON.stringify(pins.rules()?.accepted() ?? []),
  });
  let known: ReturnType<typeof read> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const apply = (): void => {
    const before = known;
    const now = read();
    if (toolSwitches.reload()) changed();
    known = now;
    if (now.pins !== before?.pins) registry.rebuild();
    const decided = [...now.decisions].filter(([id, decision]) => before?.decisions.get(id) !== decision).map(([id]) => id);
    const undone = [...(before?.decisions.keys() ?? [])].filter((id) => !now.decisions.has(id));
    if (decided.length + undone.length === 0 && now.settings === before?.settings) return;
    log.info('another process has enabled, disabled or set plugins; this is applied now');
    // Enabling a failed plugin retries it.
    for (const id of decided) registry.resetFailure(id);
    applyConfig()
      .then(() => registry.start())
      .catch((error) => log.error(`what another process has stored cannot be applied: ${toError(error).message}`));
  };

  return {
    note() {
      try {
        known = read();
      } catch (error) {
        // Whoever applies the store reports that it cannot be read.
        if (!(error instanceof GatewayError)) throw error;
      }
    },
    start() {
      let seen = store.file.foreignVersion();
      let isMissed = false;
      let pause = 0;
      const look = (): void => {
        if (pause-- > 0) return;
        const version = store.file.foreignVersion();
        if (version === seen && !isMissed) return;
        seen = version;
        try {
          apply();
          isMissed = false;
        } catch {
          isMissed = true;
          pause = PAUSE;
        }
      };
      timer = setInterval(look, LOOK_MS).unref();
    },
    close: () => clearInterval(timer),
  };
}
