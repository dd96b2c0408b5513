import { createRedactor } from '../core/secrets/redact.ts';

/** What a command has learnt to keep to itself, whichever way its words go out. */
export const ownRedactor = createRedactor();
