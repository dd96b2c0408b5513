import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { createFileLook, type FileLook } from '../config/reload/file-look.ts';
import { stampOf } from '../config/reload/stamp.ts';
import { GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Catalogue, WithheldTool } from '../registry/catalogue/catalogue.ts';
import type { PinTable } from '../store/pin-table.ts';
import type { PinRules } from './pin-rules.ts';

/** Withholds what differs from the lock file. Without a lock file everything is served as it comes. */
export interface Pins {
  /** Where the lock file is, or would be; undefined without a configuration file. */
  readonly file: string | undefined;
  /** Reads the lock file. */
  refresh(): Promise<void>;
  /** Reads it again when it changes, and then calls back, until `close`. */
  watch(changed: () => void): void;
  close(): void;
  /** The part of a catalogue that is served. */
  filter(catalogue: Catalogue): Catalogue;
  /** Undefined without a lock file. */
  rules(): PinRules | undefined;
  readonly table: PinTable;
}

/** The pins of a configuration. Nothing is loaded unless there is a lock file. */
export function createPins({ file: config, dir }: Pick<Config, 'file' | 'dir'>, table: PinTable, log: Logger): Pins {
  const file = config === undefined ? undefined : join(dir, 'plugmux.lock.json');
  let rules: PinRules | undefined;
  let look: FileLook | undefined;
  let stamp = '';
  return {
    file,
    table,
    async refresh() {
      stamp = stampOf(file === undefined ? [] : [file]);
      look?.took(look.files, stamp);
      if (file === undefined || !isThere(file)) {
        rules = undefined;
        return;
      }
      const { createPinRules } = await import('./pin-rules.ts');
      rules = createPinRules(file, table, log);
    },
    watch(changed) {
      if (file !== undefined) look = createFileLook([file], stamp, () => void this.refresh().then(changed));
    },
    close: () => look?.close(),
    filter: (catalogue) => rules?.filter(catalogue) ?? catalogue,
    rules: () => rules,
  };
}

// A file that cannot be looked at, and a link to nowhere, count as a lock file: what it pins is unknown.
function isThere(file: string): boolean {
  try {
    lstatSync(file);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

/** The error for a call of a tool that is withheld. */
export function toolWithheld(name: string, { entry, kind, fault }: WithheldTool): GatewayError {
  const why =
    fault === undefined ? `it ${kind === 'new' ? 'is not in' : 'differs from'} the lock file` : `the lock file cannot be used: ${fault}`;
  return new GatewayError('TOOL_WITHHELD', `${name} is withheld: ${why}.`, { tool: name, plugin: entry.plugin.id });
}
