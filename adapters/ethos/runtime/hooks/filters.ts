import { thrownText } from '../../../../src/core/errors.ts';
import type { JsonObject } from '../../../../src/core/json/json.ts';
import type { EthosFilter, EthosResult, FilterMeta } from '../format.ts';
import { failure, toEthosResult } from '../result.ts';

/** The properties of a call that filters match: all names of the tool, and its toolset. */
export interface FilteredTool {
  readonly names: readonly string[];
  readonly toolset?: string;
}

/** Whether a filter applies to a tool. A filter without names or toolset applies to all. */
export function appliesTo(filter: { readonly tools?: readonly string[]; readonly toolset?: string }, tool: FilteredTool): boolean {
  const { tools, toolset } = filter;
  if (tools === undefined && toolset === undefined) return true;
  return tools?.some((name) => tool.names.includes(name)) === true || (toolset !== undefined && toolset === tool.toolset);
}

/** The tools and toolset that a filter names. */
export function selectorOf({ toolName, toolset }: EthosFilter): { tools?: readonly string[]; toolset?: string } {
  const tools = typeof toolName === 'string' ? [toolName] : Array.isArray(toolName) ? toolName.map(String) : undefined;
  return { ...(tools ? { tools } : {}), ...(typeof toolset === 'string' ? { toolset } : {}) };
}

/** Runs the `before` functions. Returns the first result that replaces the call, or null. */
export async function runBefore(
  filters: readonly EthosFilter[],
  tool: FilteredTool,
  args: JsonObject,
  ctx: object,
  meta: FilterMeta,
): Promise<EthosResult | null> {
  for (const filter of filters) {
    if (!filter.before || !appliesTo(selectorOf(filter), tool)) continue;
    try {
      const answer = await filter.before(args, ctx, meta);
      if (answer !== null && answer !== undefined) return toEthosResult(answer);
    } catch (error) {
      return failure(thrownText(error), 'execution_failed');
    }
  }
  return null;
}

/** Runs the `after` functions and returns the final result. */
export async function runAfter(
  filters: readonly EthosFilter[],
  tool: FilteredTool,
  result: EthosResult,
  ctx: object,
  meta: FilterMeta,
): Promise<EthosResult> {
  let current = result;
  for (const filter of filters) {
    if (!filter.after || !appliesTo(selectorOf(filter), tool)) continue;
    try {
      current = toEthosResult((await filter.after(current, ctx, meta)) ?? current);
    } catch (error) {
      current = failure(thrownText(error), 'execution_failed');
    }
  }
  return current;
}
