import { createRedactor } from '../core/secrets/redact.ts';

/** Masks secrets in all output of this program. */
export const ownRedactor = createRedactor();
