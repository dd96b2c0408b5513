/** The stateless revision, served without handshake or session. */
export const MODERN = '2026-07-28';

const MODERN_NAMES: ReadonlySet<string> = new Set([MODERN, 'draft']);

/** Revisions with a handshake, newest first. */
export const LEGACY: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

/** The only revision with batches. */
export const BATCH_REVISION = '2025-03-26';

/** The revision of an HTTP client that sends no version header. */
export const ASSUMED_REVISION = '2025-03-26';

/** Whether a revision is served without a handshake. */
export function isModern(revision: string): boolean {
  return MODERN_NAMES.has(revision);
}

/** The revision offered to a legacy client: the requested one if it is supported, else the newest. */
export function negotiate(requested: string): string {
  return LEGACY.includes(requested) ? requested : (LEGACY[0] as string);
}
