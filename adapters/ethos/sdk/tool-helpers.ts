// Stand-in for "@ethosagent/plugin-sdk/tool-helpers" if a plugin has no copy. It runs inside the plugin's bundle and imports nothing.

type Definition = Record<string, unknown>;

/** A result of success. */
export function ok(value: string): object {
  return { ok: true, value };
}

/** A result of failure. */
export function err(error: string, code = 'execution_failed'): object {
  return { ok: false, error, code };
}

/** Defines a tool, without capabilities by default. */
export function defineTool(definition: Definition): Definition {
  return { capabilities: {}, ...definition };
}

/** A tool that requires the user's approval. */
export function needsApproval(definition: Definition): Definition {
  return { ...definition, requiresApproval: true };
}

/** A tool whose results may be cached. */
export function withCache(definition: Definition, options?: { ttlMs?: number; keyFn?: (args: unknown) => string }): Definition {
  return { ...definition, cache: options ?? true };
}

/** A tool whose result ends the turn. */
export function withReturnDirect(definition: Definition): Definition {
  return { ...definition, returnDirect: true };
}
