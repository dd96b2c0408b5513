import type { Approval, Hints } from '../../core/contract/tool.ts';

/** The MCP annotations of a tool; undefined if nothing is known about its effects. */
export function toAnnotations(hints: Hints | undefined, approval: Approval): Record<string, boolean | undefined> | undefined {
  // Clients assume the worst for missing hints, so only known ones are set.
  const annotations: Record<string, boolean | undefined> = {
    readOnlyHint: hints?.readOnly,
    destructiveHint: approval === 'required' ? true : (hints?.destructive ?? (approval === 'auto' ? false : undefined)),
    idempotentHint: hints?.idempotent,
    openWorldHint: hints?.openWorld,
  };
  return Object.values(annotations).some((value) => value !== undefined) ? annotations : undefined;
}
