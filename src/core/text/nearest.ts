import { distance } from 'fastest-levenshtein';

/** The names closest to a misspelt one, best first; empty if none is close. */
export function nearest(name: string, candidates: Iterable<string>, max = 3): string[] {
  const wanted = name.slice(0, 128).toLowerCase();
  const reach = Math.max(2, Math.floor(wanted.length / 3));
  const found: { name: string; score: number }[] = [];
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    const contains = Math.min(wanted.length, other.length) >= 3 && (other.includes(wanted) || wanted.includes(other));
    const score = Math.min(distance(wanted, other), contains ? reach : Number.POSITIVE_INFINITY);
    if (score <= reach) found.push({ name: candidate, score });
  }
  found.sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1));
  return found.slice(0, max).map((f) => f.name);
}

/** A sentence that suggests the nearest names, or an empty text. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const names = nearest(name, candidates);
  return names.length === 0 ? '' : ` Did you mean ${names.join(' or ')}?`;
}

const MAX_LISTED = 20;

/** What to use instead of a name that does not exist, as a sentence: the nearest names, or all. Undefined if there are none. */
export function orOneOf(name: string, known: Iterable<string>): string | undefined {
  const names = [...new Set(known)];
  if (names.length === 0) return undefined;
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return didYouMean(name, names).trim() || `Use one of: ${names.slice(0, MAX_LISTED).join(', ')}${more}.`;
}
