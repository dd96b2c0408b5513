// Stands in for "@ethosagent/plugin-sdk/tool-helpers" where a plugin has no copy of its own. It runs inside the
// plugin's bundle and imports nothing.

type Definition = Record<string, unknown>;

/** A result of success. */
export function ok(value: string): object {
  return { ok: true, value };
}

/** A result of failure. */
export function err(error: string, code = 'execution_failed'): object {
  return { ok: false, error, code };
}

/** A tool as written; one that declares no capabilities has none. */
export function defineTool(definition: Definition): Definition {
  return { capabilities: {}, ...definition };
}

/** A tool that a person has to agree to. */
export function needsApproval(definition: Definition): Definition {
  return { ...definition, requiresApproval: true };
}

/** A tool whose results may be used again. */
export function withCache(definition: Definition, options?: { ttlMs?: number; keyFn?: (args: unknown) => string }): Definition {
  return { ...definition, cache: options ?? true };
}

/** A tool whose answer ends the turn. */
export function withReturnDirect(definition: Definition): Definition {
  return { ...definition, returnDirect: true };
}
