import { GatewayError, toError } from '../core/errors.ts';
import { isDamage } from '../store/faults.ts';

/** Runs a read or write of stored approvals. Throws APPROVAL_STORE_UNAVAILABLE, so that calls that require approval are rejected. */
export function inApprovalStore<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    const why = toError(error).message.replace(/\.$/, '');
    throw new GatewayError('APPROVAL_STORE_UNAVAILABLE', `The stored approvals cannot be read or written: ${why}.`, {
      fix: isDamage(error) ? error.fix : undefined,
      cause: error,
    });
  }
}
