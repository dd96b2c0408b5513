import { GatewayError, toError } from '../core/errors.ts';
import { fileFault } from '../core/file-fault.ts';

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGE = new Set([11, 26]);

const CAUSES: Readonly<Record<number, string>> = {
  5: 'another program has locked it',
  6: 'another program has locked it',
  8: 'it is read-only',
  10: 'the disk or file system failed to read, write or lock it',
  13: 'the disk is full',
  14: 'it cannot be opened as a file',
};

/** Converts anything thrown: STORE_DAMAGED for damage, STATE_STORE_UNAVAILABLE for everything that may be temporary. */
export function toStoreError(file: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const error = toError(thrown) as Error & { rawCode?: unknown };
  // The low byte of an extended code is the primary code.
  const code = typeof error.rawCode === 'number' ? error.rawCode & 0xff : openFault(error.message);
  if (code !== undefined && DAMAGE.has(code)) return storeDamaged(file, error.message, error);
  const cause = (code === undefined ? undefined : CAUSES[code]) ?? fileFault(error);
  return new GatewayError('STATE_STORE_UNAVAILABLE', `The store ${file} cannot be used: ${cause}.`, { cause: error });
}

/** The error for a store that is damaged. */
export function storeDamaged(file: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError('STORE_DAMAGED', `The store ${file} is damaged: ${why}.`, { cause });
}

/** Whether an error means that the store is damaged, not only unavailable. */
export function isDamage(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === 'STORE_DAMAGED';
}

// The error of a failed open contains its code only in the message.
function openFault(message: string): number | undefined {
  const code = /^ConnectionFailed\(.*: (\d+)"?\)$/s.exec(message)?.[1];
  return code === undefined ? undefined : Number(code) & 0xff;
}
