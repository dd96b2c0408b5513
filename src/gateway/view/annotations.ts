import type { Approval, Hints } from '../../core/contract/tool.ts';

/** What a client is told of a tool's effects; undefined where nothing is known. */
export function toAnnotations(hints: Hints | undefined, approval: Approval): Record<string, boolean | undefined> | undefined {
  // A missing hint means the worst to a client; only what is known is said.
  const annotations: Record<string, boolean | undefined> = {
    readOnlyHint: hints?.readOnly,
    destructiveHint: approval === 'required' ? true : (hints?.destructive ?? (approval === 'auto' ? false : undefined)),
    idempotentHint: hints?.idempotent,
    openWorldHint: hints?.openWorld,
  };
  return Object.values(annotations).some((value) => value !== undefined) ? annotations : undefined;
}
