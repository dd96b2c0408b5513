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
