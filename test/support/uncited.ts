/** A test as far as promises go. */
export interface Citation {
  readonly tags: readonly string[];
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
}

/** Promises that no test proves. One that is skipped for want of a toolchain counts only where `lenient`. */
export function uncited(promises: readonly string[], tests: Iterable<Citation>, lenient: boolean): string[] {
  const open = new Set(promises);
  for (const { tags, state } of tests) if (lenient || state === 'passed' || state === 'failed') for (const tag of tags) open.delete(tag);
  return [...open];
}
