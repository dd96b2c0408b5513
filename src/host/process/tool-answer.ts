import type { ToolResult } from '../../core/contract/content.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';

/**
 * Validates the reply of a plugin process as a tool result: only the members that later steps rely on; content blocks are
 * validated later. Throws RESULT_INVALID.
 */
export function asResult(answer: JsonValue): ToolResult {
  const why = !isJsonObject(answer) || !Array.isArray(answer.content) ? 'it has no list of content' : faultOf(answer);
  if (why === undefined) return answer as unknown as ToolResult;
  throw new GatewayError('RESULT_INVALID', `The tool ran, but its process returned an invalid result: ${why}.`);
}

function faultOf({ isError, meta }: JsonObject): string | undefined {
  if (isError !== undefined && typeof isError !== 'boolean') return '"isError" is neither true nor false';
  return meta === undefined || isJsonObject(meta) ? undefined : '"meta" is not an object';
}
