import type { JsonObject } from '../../../src/core/json/json.ts';
import { toPlain } from '../../../src/core/json/plain.ts';
import type { ToolReport } from '../report.ts';
import { toCapabilities } from './capabilities/capabilities.ts';
import type { EthosTool } from './format.ts';

const CACHE_MS = 300_000;

/** Reports the current fields of a tool. */
export function toToolReport(tool: EthosTool, name = tool.name): ToolReport {
  const { toolset, maxResultChars, outputSchema } = tool;
  const cache = toCache(tool.cache);
  return {
    name,
    description: typeof tool.description === 'string' ? tool.description : '',
    schema: toSchema(tool.schema),
    ...(typeof toolset === 'string' && toolset !== '' ? { toolset } : {}),
    ...(typeof maxResultChars === 'number' && maxResultChars > 0 ? { maxResultChars } : {}),
    ...(typeof outputSchema === 'object' && outputSchema !== null ? { outputSchema: toPlain(outputSchema) as JsonObject } : {}),
    requiresApproval: tool.requiresApproval === true,
    returnDirect: tool.returnDirect === true,
    untrusted: tool.outputIsUntrusted === true,
    ...(cache ? { cache } : {}),
    network: toCapabilities(tool).network !== undefined,
    available: isAvailable(tool),
  };
}

/** Whether a tool reports that it is available; false if its check throws. */
export function isAvailable(tool: EthosTool): boolean {
  if (typeof tool.isAvailable !== 'function') return true;
  try {
    return tool.isAvailable() !== false;
  } catch {
    return false;
  }
}

// A schema that is not an object is passed on: the registry rejects the tool and reports why.
function toSchema(schema: unknown): JsonObject {
  if (schema === undefined || schema === null) return { type: 'object', properties: {} };
  const plain = toPlain(schema) as JsonObject;
  return typeof plain === 'object' && !Array.isArray(plain) && plain.type === undefined ? { type: 'object', ...plain } : plain;
}

function toCache(cache: unknown): ToolReport['cache'] {
  if (cache === true) return { ttlMs: CACHE_MS, keyed: false };
  if (typeof cache !== 'object' || cache === null) return undefined;
  const { ttlMs, keyFn } = cache as { ttlMs?: unknown; keyFn?: unknown };
  return { ttlMs: typeof ttlMs === 'number' && ttlMs > 0 ? ttlMs : CACHE_MS, keyed: typeof keyFn === 'function' };
}
