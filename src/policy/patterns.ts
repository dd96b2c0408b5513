import { createRequire } from 'node:module';
import type picomatch from 'picomatch';

/** A list of names, globs and labels; `!` excludes. A list with only exclusions includes the rest; an empty list includes nothing. */
export interface Selection {
  /** `further`: names that can exclude an item, but not include it. */
  has(names: readonly string[], further?: readonly string[]): boolean;
  /** The patterns that have matched nothing so far. */
  readonly unused: readonly string[];
}

/** Compiles a selection. A pattern matches if it matches any of an item's names. */
export function createSelection(patterns: readonly string[]): Selection {
  const unused = new Set(patterns);
  const compiled = patterns.map((pattern) => ({
    pattern,
    out: pattern.startsWith('!'),
    match: matcher(pattern.replace(/^!/, '')),
  }));
  // A list with only exclusions starts from everything; an empty one includes nothing.
  const open = compiled.length > 0 && compiled.every((p) => p.out);
  return {
    has(names, further = []) {
      let inside = open;
      for (const { pattern, out, match } of compiled) {
        if (!names.some(match) && !(out && further.some(match))) continue;
        unused.delete(pattern);
        inside = !out;
      }
      return inside;
    },
    get unused() {
      return [...unused];
    },
  };
}

/** A value by name or glob. An exact name wins over globs, an earlier glob over a later one. */
export interface NameMap<V> {
  find(names: readonly string[]): V | undefined;
  /** The name or glob whose value `find` returns. */
  keyOf(names: readonly string[]): string | undefined;
  readonly unused: readonly string[];
}

/** Compiles a map whose keys are names or globs. */
export function createNameMap<V>(entries: Readonly<Record<string, V>>): NameMap<V> {
  const unused = new Set(Object.keys(entries));
  const exact = new Map(Object.entries(entries));
  const globs = [...exact].map(([pattern, value]) => ({
    pattern,
    value,
    match: matcher(pattern),
  }));
  const hitOf = (names: readonly string[]): { readonly pattern: string; readonly value: V } | undefined => {
    const name = names.find((n) => exact.has(n));
    return name === undefined ? globs.find((g) => names.some(g.match)) : { pattern: name, value: exact.get(name) as V };
  };
  return {
    find(names) {
      const hit = hitOf(names);
      if (hit) unused.delete(hit.pattern);
      return hit?.value;
    },
    keyOf: (names) => hitOf(names)?.pattern,
    get unused() {
      return [...unused];
    },
  };
}

function matcher(pattern: string): (name: string) => boolean {
  if (!/[*?[\]{}()]/.test(pattern)) return (name) => name === pattern;
  const compile = createRequire(import.meta.url)('picomatch') as typeof picomatch;
  const match = compile(pattern, { nonegate: true, bash: true });
  // Wrapped, because the second argument that array methods pass would change the result.
  return (name) => match(name);
}
