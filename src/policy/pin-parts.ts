import type { Lock } from './lock-file.ts';

/** The part of a plugin that stands for its instructions. */
export const INSTRUCTIONS = 'instructions';

/** The part of a plugin that stands for a prompt. */
export const promptPart = (name: string): string => `prompt:${name}`;

/** The part of a plugin that stands for a skill. */
export const skillPart = (name: string): string => `skill:${name}`;

/** The part of a plugin that stands for a tool: its name, unless that could be another part. */
export const toolPart = (name: string): string => (/^(?:instructions$|prompt:|skill:|tool:)/.test(name) ? `tool:${name}` : name);

/** The surfaces that a lock has of one part, with those of the variants. */
export function lockedSurfaces(lock: Lock, plugin: string, part: string): ReadonlySet<string> {
  const locked = lock.get(plugin);
  if (part === INSTRUCTIONS) return new Set(locked?.instructions ? [locked.instructions.surface] : []);
  const surfaces = new Set<string>();
  for (const [name, { surface }] of locked?.prompts ?? []) if (promptPart(name) === part) surfaces.add(surface);
  for (const [name, { surface }] of locked?.skills ?? []) if (skillPart(name) === part) surfaces.add(surface);
  for (const [name, { surface, variants = [] }] of locked?.tools ?? [])
    if (toolPart(name) === part) for (const one of [surface, ...variants]) surfaces.add(one);
  return surfaces;
}
