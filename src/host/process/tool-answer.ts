import type { ToolResult } from '../../core/contract/content.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';

/**
 * A plugin process's answer as a tool's result: what every step behind this one relies on is there, what stands in the
 * content is checked with the whole of a result. Throws RESULT_INVALID.
 */
export function asResult(answer: JsonValue): ToolResult {
  const why = !isJsonObject(answer) || !Array.isArray(answer.content) ? 'it has no list of content' : faultOf(answer);
  if (why === undefined) return answer as unknown as ToolResult;
  throw new GatewayError('RESULT_INVALID', `The tool ran, but what its process gave back is no result: ${why}.`);
}

function faultOf({ isError, meta }: JsonObject): string | undefined {
  if (isError !== undefined && typeof isError !== 'boolean') return '"isError" is neither true nor false';
  return meta === undefined || isJsonObject(meta) ? undefined : '"meta" is no object';
}
