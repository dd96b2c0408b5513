import type { Tool } from '../../core/contract/tool.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import { GATEWAY_MANIFEST } from '../../registry/gateway-manifest.ts';
import { createValidatorSet } from '../../registry/validators.ts';

/** A tool of the gateway itself as it stands in a view. */
export function toOwnEntry(tool: Tool, name = tool.name): ToolEntry {
  return {
    name,
    plugin: GATEWAY_MANIFEST,
    tool,
    description: tool.description,
    input: tool.input,
    checker: createValidatorSet().compile(tool.input, '2020-12'),
    unchecked: [],
    headers: [],
    portable: true,
    others: [],
  };
}
