import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../core/errors.ts';
import type { PluginWorker } from './worker.ts';

/** Waits for the handshake of a worker. Returns why it failed, as a GatewayError if a retry would not help. */
export async function awaitHandshake(worker: PluginWorker, withinMs: number): Promise<string | GatewayError | undefined> {
  const timeout = sleep(withinMs, 'it did not complete the handshake in time', { ref: false });
  const handshake = worker.handshake().then(
    () => undefined,
    (error: Error) => (error instanceof GatewayError && error.code === 'DEPENDENCY_MISSING' ? error : error.message),
  );
  return Promise.race([handshake, worker.exited, timeout]);
}

/** The error of a worker that ended or hung before its handshake. */
export function handshakeFailed(worker: PluginWorker, why: string): GatewayError {
  const fix = worker.fix?.();
  return new GatewayError('HANDSHAKE_FAILED', `The plugin process could not be started: ${why}.`, fix === undefined ? {} : { fix });
}
