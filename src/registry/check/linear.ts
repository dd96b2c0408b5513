import { createRequire } from 'node:module';
import { spend } from './budget.ts';
import { toLinear } from './pattern.ts';
import type { Judge } from './survey.ts';

/** A pattern that runs in linear time. */
export interface Linear {
  test(text: string): boolean;
}

const MAX_KEPT = 2_000;
const known = new Map<string, Linear>();

/** Reports patterns that the linear engine cannot run. */
export const notLinear: Judge = (key, value) =>
  key === 'pattern' && !toLinear(value as string) ? 'is a pattern that cannot be run in linear time' : undefined;

/** Compiles a pattern for the linear engine, which is loaded on first use. A pattern that it cannot run matches everything. */
export function linear(pattern: string): Linear {
  const before = known.get(pattern);
  if (before) return before;
  if (known.size >= MAX_KEPT) known.clear();
  const created = create(pattern);
  known.set(pattern, created);
  return created;
}

function create(pattern: string): Linear {
  const translated = toLinear(pattern);
  if (!translated) return { test: () => true };
  const { source, size } = translated;
  let compiled: { matcher(text: string): { find(): boolean } } | undefined;
  return {
    test(text) {
      spend(text.length * size);
      compiled ??= engine().RE2JS.compile(source);
      return compiled.matcher(text).find();
    },
  };
}

let loaded: typeof import('re2js') | undefined;

function engine(): typeof import('re2js') {
  loaded ??= createRequire(import.meta.url)('re2js') as typeof import('re2js');
  return loaded;
}
