import type { Content, ToolResult } from '../../core/contract/content.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { escapeHidden } from '../../core/text/hidden.ts';

const STRIPPED = '[STRIPPED-TEMPLATE-TOKEN]';
const ROLE = '(?:system|user|assistant|tool|model|developer)?';
// Tokens that mark roles in chat templates; they have no place in a result.
const TOKENS = new RegExp(
  [
    `<\\|[a-z0-9_ -]{1,40}\\|>${ROLE}`,
    `<(?:start|end)_of_turn>${ROLE}`,
    '\\[/?INST\\]',
    '<</?SYS>>',
    '</?s>',
    // Matches the name before the blank line in front of it, so that only names cost a lookbehind.
    '(?=(?:Human|Assistant|System):)(?<=\\n[ \\t]*\\r?\\n[ \\t]*)(?:Human|Assistant|System):',
  ].join('|'),
  'gi',
);
const FENCE = /<(?=\s{0,8}\/?\s{0,8}untrusted)/gi;
const MAX_SOURCE_LENGTH = 256;

/** Wraps untrusted text, so that a model treats it as content and not as instructions. */
export function fenceText(text: string, source: string, tool: string): string {
  const body = escapeHidden(text).replace(TOKENS, STRIPPED).replace(FENCE, '&lt;');
  return `<untrusted source="${source}" tool="${tool}">\n${body}\n</untrusted>`;
}

/** The source of a result, derived from the arguments of the call. */
export function sourceOf({ path, url, command, query }: JsonObject): string {
  const named = [path, url, prefixed('cmd:', command), prefixed('query:', query)].find(
    (value) => typeof value === 'string' && value !== '',
  );
  return escapeHidden(String(named ?? 'unknown').slice(0, MAX_SOURCE_LENGTH))
    .replace(/[\r\n]+/g, ' ')
    .replace(/[<>]/g, '')
    .replaceAll('"', "'")
    .slice(0, MAX_SOURCE_LENGTH);
}

function prefixed(prefix: string, value: unknown): string | undefined {
  return typeof value === 'string' ? prefix + value : undefined;
}

/** Fences every text of a result. */
export function fenceResult(result: ToolResult, args: JsonObject, tool: string): ToolResult {
  const source = sourceOf(args);
  const content = result.content.map((block): Content => {
    if (block.type === 'text') return { ...block, text: fenceText(block.text, source, tool) };
    if (block.type !== 'resource' || block.resource.text === undefined) return block;
    return { ...block, resource: { ...block.resource, text: fenceText(block.resource.text, source, tool) } };
  });
  return { ...result, content };
}
