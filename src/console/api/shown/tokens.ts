import { toJsonText } from '../../../core/json/exact-number.ts';
import type { View } from '../../../gateway/view/view.ts';
import type { VisibleTool } from '../../../gateway/view/visible-tool.ts';
import { toListedTool } from '../../../mcp/methods/lists.ts';
import type { Catalogue, PromptEntry } from '../../../registry/catalogue/catalogue.ts';

/** Estimates of what a client's model reads, in tokens. */
export interface TokenCounts {
  readonly tools: number;
  readonly instructions: number;
  readonly prompts: number;
}

/** An estimate for a text of this many characters: 3 to 10 % above what tokenizers count. */
export function tokensOf(characters: number): number {
  return Math.ceil(characters / 4);
}

const ofTools = new WeakMap<VisibleTool, number>();

/** The tokens of a tool's definition as clients of its profile get it. */
export function toolTokens(tool: VisibleTool): number {
  const known = ofTools.get(tool) ?? tokensOf(toJsonText(toListedTool(tool)).length);
  ofTools.set(tool, known);
  return known;
}

/** The tokens of a prompt in the list of prompts. */
export function promptTokens({ name, prompt: { title, description, arguments: args } }: PromptEntry): number {
  return tokensOf(toJsonText({ name, title, description, arguments: args }).length);
}

/** The tokens of all that one plugin adds to a view. */
export function tokensOfPlugin(view: View, { instructions }: Pick<Catalogue, 'instructions'>, id: string): TokenCounts {
  const sum = <T extends object>(items: Iterable<T>, idOf: (item: T) => string, of: (item: T) => number): number => {
    let total = 0;
    for (const item of items) if (idOf(item) === id) total += of(item);
    return total;
  };
  const all = instructions.reduce((total, { text }) => total + text.length, 0);
  // Long instructions are cut when they are put together.
  const share = Math.min(1, (view.instructions?.length ?? 0) / Math.max(1, all));
  return {
    tools: sum(view.listed.values(), ({ entry }) => entry.plugin.id, toolTokens),
    instructions: sum(
      instructions,
      ({ plugin }) => plugin.id,
      ({ text }) => tokensOf(text.length * share),
    ),
    prompts: sum(view.prompts.values(), ({ plugin }) => plugin.id, promptTokens),
  };
}

/** The tokens of a whole view. */
export function tokensOfView(view: View): number {
  let total = tokensOf(view.instructions?.length ?? 0);
  for (const tool of view.listed.values()) total += toolTokens(tool);
  for (const prompt of view.prompts.values()) total += promptTokens(prompt);
  return total;
}
