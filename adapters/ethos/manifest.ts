import type { Source } from '../../src/core/contract/adapter.ts';
import type { Manifest } from '../../src/core/contract/plugin.ts';
import type { GatewayError } from '../../src/core/errors.ts';
import type { Recognised } from './read/recognise.ts';

/** A found plugin; what relates it to others is known once all have been read. */
export interface EthosManifest extends Manifest {
  readonly found: Recognised;
  readonly source: Source;
  readonly group: string;
  readonly order: string;
  /** Ids, in the gateway, of the plugins it needs. */
  readonly dependencies: readonly string[];
  /** Why it cannot be opened. */
  readonly fault?: GatewayError;
}
