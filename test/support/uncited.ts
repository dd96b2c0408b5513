/** The parts of a test that matter for promises. */
export interface Citation {
  readonly tags: readonly string[];
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
}

/** Promises that no test proves. A test skipped for a missing toolchain counts only if `lenient`. */
export function uncited(promises: readonly string[], tests: Iterable<Citation>, lenient: boolean): string[] {
  const open = new Set(promises);
  for (const { tags, state } of tests) if (lenient || state === 'passed' || state === 'failed') for (const tag of tags) open.delete(tag);
  return [...open];
}

/** Faults in the citations of a complete run: of all tests, or of all judges, which alone prove the promises in `judged`. */
export function misplaced(
  run: 'tests' | 'judges',
  { promises, judged }: { readonly promises: readonly string[]; readonly judged: readonly string[] },
  citations: readonly Citation[],
  lenient: boolean,
): { readonly id: string; readonly fault: string }[] {
  if (run === 'judges') return uncited(judged, citations, lenient).map((id) => ({ id, fault: 'no judge cites the promise' }));
  const open = uncited(promises, citations, lenient);
  const none = open.filter((id) => !judged.includes(id)).map((id) => ({ id, fault: 'no test cites the promise' }));
  const both = judged.filter((id) => !open.includes(id)).map((id) => ({ id, fault: 'a test cites what is left to the judges,' }));
  return [...none, ...both];
}
