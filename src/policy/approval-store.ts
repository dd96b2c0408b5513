import { GatewayError, toError } from '../core/errors.ts';

/** Reads or writes what approvals rest on. Where that cannot be done, what needs an approval is refused. */
export function inApprovalStore<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw new GatewayError(
      'APPROVAL_STORE_UNAVAILABLE',
      `What people have agreed to cannot be read or written: ${toError(error).message}.`,
      {
        cause: error,
      },
    );
  }
}
