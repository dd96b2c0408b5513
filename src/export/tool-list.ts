import { effectsOf } from '../gateway/view/annotations.ts';
import type { VisibleTool } from '../gateway/view/visible-tool.ts';

/** One tool for code without MCP. `input` and `output` are JSON Schemas, `hints` its known effects. */
interface ListedTool {
  readonly name: string;
  readonly plugin: string;
  readonly title?: string | undefined;
  readonly description: string;
  readonly input: object;
  readonly output?: object | undefined;
  readonly hints?: object | undefined;
  readonly approval: string;
}

/** The tools of a view, in its order. */
export function toToolList(tools: Iterable<VisibleTool>): { readonly items: readonly ListedTool[] } {
  return {
    items: Array.from(tools, ({ entry: { name, plugin, tool, description, output }, shape, hints, approval }) => ({
      name,
      plugin: plugin.id,
      title: tool.title,
      description,
      input: shape.input,
      output,
      hints: effectsOf(hints, approval),
      approval,
    })),
  };
}
