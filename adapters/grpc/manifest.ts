import type { Manifest } from '../../src/core/contract/plugin.ts';
import type { GrpcOptions } from './options.ts';

/** A gRPC server as configured, before it is contacted. */
export interface GrpcManifest extends Manifest {
  readonly options: GrpcOptions;
  readonly startTimeoutMs?: number;
}
