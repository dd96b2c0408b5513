import { GatewayError } from '../../../src/core/errors.ts';

/** The error for an archive that is not used. */
export function refused(why: string): GatewayError {
  return new GatewayError('ARCHIVE_REFUSED', `The bundle was rejected: ${why}.`);
}
