import type { Approval, Hints } from '../../core/contract/tool.ts';

/** The known effects of a tool; undefined if nothing is known. */
export function effectsOf(hints: Hints | undefined, approval: Approval): Hints | undefined {
  // Clients assume the worst for missing hints, so only known ones are set.
  const destructive = approval === 'required' ? true : (hints?.destructive ?? (approval === 'auto' ? false : undefined));
  const known = Object.entries({ ...hints, destructive }).filter(([, value]) => value !== undefined);
  return known.length > 0 ? Object.fromEntries(known) : undefined;
}

/** The MCP annotations of a tool; undefined if nothing is known about its effects. */
export function toAnnotations(hints: Hints | undefined, approval: Approval): Record<string, boolean | undefined> | undefined {
  const { readOnly, destructive, idempotent, openWorld } = effectsOf(hints, approval) ?? {};
  const annotations = { readOnlyHint: readOnly, destructiveHint: destructive, idempotentHint: idempotent, openWorldHint: openWorld };
  return Object.values(annotations).some((value) => value !== undefined) ? annotations : undefined;
}
