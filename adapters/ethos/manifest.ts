import type { Source } from '../../src/core/contract/adapter.ts';
import type { Manifest } from '../../src/core/contract/plugin.ts';
import type { GatewayError } from '../../src/core/errors.ts';
import type { Recognised } from './read/recognise.ts';

/** The original host's time limit for one call, in milliseconds. */
export const CALL_TIMEOUT_MS = 120_000;

/** A discovered plugin. Group, order and dependencies are set once all plugins have been read. */
export interface EthosManifest extends Manifest {
  readonly found: Recognised;
  readonly source: Source;
  readonly group: string;
  readonly order: string;
  /** Gateway ids of the plugins it depends on. */
  readonly dependencies: readonly string[];
  /** Why it cannot be opened. */
  readonly fault?: GatewayError;
}
