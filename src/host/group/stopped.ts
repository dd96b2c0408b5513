import type { Stopping } from '../../core/abort/stopping.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { GatewayError } from '../../core/errors.ts';

/** Why a worker whose plugin leaves is stopped. */
export function leaving({ reason }: Stopping): string {
  return reason ? 'the gateway is shutting down' : 'an administrator or a changed configuration ended it';
}

/** Why a worker that a newer one has replaced is stopped: its calls did not end in time. */
export function replaced(drainMs: number): string {
  return `a new process has replaced it, and the call did not end within ${drainMs / 1000} s`;
}

/** Why a worker that failed to load one of its plugins is stopped. */
export const UNUSABLE = 'its process has to be started again';

/** Why a process of a plugin ended: `killed`, the code for which the gateway killed it, or `stopped`, why it was asked to end. */
export interface Ended {
  readonly killed: ErrorCode | undefined;
  readonly stopped: string | undefined;
}

/** The error of a call that was in flight when its plugin's process ended. `how`: how the process ended. */
export function lossOf({ killed, stopped }: Ended, how: string): GatewayError {
  if (stopped !== undefined && killed === undefined)
    return new GatewayError('PLUGIN_STOPPED', `The gateway stopped the plugin while the call was in flight: ${stopped}.`);
  return new GatewayError(killed ?? 'PLUGIN_CRASHED', `The plugin process ended while the call was in flight: ${how}.`);
}
