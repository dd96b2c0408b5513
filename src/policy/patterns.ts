import { createRequire } from 'node:module';
import type picomatch from 'picomatch';

/** A list of names, globs and labels; `!` in front takes out again. Where all take out, the rest is in; an empty list lets nothing in. */
export interface Selection {
  /** `further` are names by which a thing can be taken out, but not let in. */
  has(names: readonly string[], further?: readonly string[]): boolean;
  /** The patterns that matched nothing so far. */
  readonly unused: readonly string[];
}

/** Compiles a selection. Patterns are matched against any of a thing's names. */
export function createSelection(patterns: readonly string[]): Selection {
  const unused = new Set(patterns);
  const compiled = patterns.map((pattern) => ({
    pattern,
    out: pattern.startsWith('!'),
    match: matcher(pattern.replace(/^!/, '')),
  }));
  // A list that only takes out starts from everything; an empty one lets nothing in.
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

/** A value by name or glob; an exact name beats every glob, an earlier glob a later one. */
export interface NameMap<V> {
  find(names: readonly string[]): V | undefined;
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
  return {
    find(names) {
      const name = names.find((n) => exact.has(n));
      const hit = name === undefined ? globs.find((g) => names.some(g.match)) : { pattern: name, value: exact.get(name) as V };
      if (hit) unused.delete(hit.pattern);
      return hit?.value;
    },
    get unused() {
      return [...unused];
    },
  };
}

function matcher(pattern: string): (name: string) => boolean {
  if (!/[*?[\]{}()]/.test(pattern)) return (name) => name === pattern;
  const compile = createRequire(import.meta.url)('picomatch') as typeof picomatch;
  const match = compile(pattern, { nonegate: true, bash: true });
  // Alone: the second argument that array methods pass would change what it returns.
  return (name) => match(name);
}
