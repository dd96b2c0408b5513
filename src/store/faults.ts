import { GatewayError, toError } from '../core/errors.ts';
import { fileFault } from '../core/file-fault.ts';

/** What SQLite says of a file that cannot be a whole database: SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGE = new Set([11, 26]);

const CAUSES: Readonly<Record<number, string>> = {
  5: 'another program keeps it locked',
  6: 'another program keeps it locked',
  8: 'it is read-only',
  10: 'the disk or file system failed to read, write or lock it',
  13: 'the disk is full',
  14: 'it cannot be opened as a file',
};

/** The store's own error for whatever was thrown: STORE_DAMAGED, or STATE_STORE_UNAVAILABLE for all that may pass. */
export function toStoreError(file: string, thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const error = toError(thrown) as Error & { rawCode?: unknown };
  // The low byte is the code proper, whatever the extended one adds.
  const code = typeof error.rawCode === 'number' ? error.rawCode & 0xff : openFault(error.message);
  if (code !== undefined && DAMAGE.has(code)) return storeDamaged(file, error.message, error);
  const cause = (code === undefined ? undefined : CAUSES[code]) ?? fileFault(error);
  return new GatewayError('STATE_STORE_UNAVAILABLE', `The store ${file} cannot be used: ${cause}.`, { cause: error });
}

/** The error for a store that is damaged. */
export function storeDamaged(file: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError('STORE_DAMAGED', `The store ${file} is damaged: ${why}.`, { cause });
}

/** Whether an error means that the store is damaged, and not merely out of reach. */
export function isDamage(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === 'STORE_DAMAGED';
}

// A failed open carries its code in the text alone.
function openFault(message: string): number | undefined {
  const code = /^ConnectionFailed\(.*: (\d+)"?\)$/s.exec(message)?.[1];
  return code === undefined ? undefined : Number(code) & 0xff;
}
