import { GatewayError, toError } from '../core/errors.ts';
import { isDamage } from '../store/faults.ts';

/** Reads or writes what approvals rest on. Where that cannot be done, what needs an approval is refused. */
export function inApprovalStore<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    const why = toError(error).message.replace(/\.$/, '');
    throw new GatewayError('APPROVAL_STORE_UNAVAILABLE', `What people have agreed to cannot be read or written: ${why}.`, {
      fix: isDamage(error) ? error.fix : undefined,
      cause: error,
    });
  }
}
