import type { Lock, LockedPlugin } from './lock-file.ts';
import { INSTRUCTIONS, promptPart, skillPart, toolPart } from './pin-parts.ts';

/** Whether a part of a plugin, as it is now, belongs into the lock file. */
export type Takes = (plugin: string, part: string, surfaces: readonly string[]) => boolean;

/**
 * The next lock file: what is offered now and `takes` accepts, and what the file has of the rest. Plugins that are not ready keep
 * what the file has of them; others lose what they no longer offer.
 */
export function mergeLocks(before: Lock, now: Lock, takes: Takes, keeps: (plugin: string) => boolean): Lock {
  const merged = new Map<string, LockedPlugin>();
  for (const id of new Set([...before.keys(), ...now.keys()])) {
    const [old, current] = [before.get(id), now.get(id)];
    const isKept = keeps(id);
    const digest = current && !isKept ? current.digest : (old?.digest ?? current?.digest ?? '');
    const of = <T extends { readonly surface: string; readonly variants?: readonly string[] }>(
      was: ReadonlyMap<string, T> = new Map(),
      is: ReadonlyMap<string, T> = new Map(),
      part: (name: string) => string,
    ): Map<string, T> => {
      const parts = new Map<string, T>(isKept ? was : []);
      for (const [name, value] of is) {
        const known = was.get(name);
        if (takes(id, part(name), [value.surface, ...(value.variants ?? [])])) parts.set(name, value);
        else if (known) parts.set(name, known);
      }
      return parts;
    };
    const tools = of(old?.tools, current?.tools, toolPart);
    const prompts = of(old?.prompts, current?.prompts, promptPart);
    const skills = of(old?.skills, current?.skills, skillPart);
    const text = of(mapOf(old?.instructions), mapOf(current?.instructions), (name) => name).get(INSTRUCTIONS);
    if (tools.size + prompts.size + skills.size > 0 || text)
      merged.set(id, { digest, tools, prompts, skills, ...(text ? { instructions: text } : {}) });
  }
  return merged;
}

function mapOf<T>(value: T | undefined): ReadonlyMap<string, T> {
  return new Map(value === undefined ? [] : [[INSTRUCTIONS, value]]);
}
