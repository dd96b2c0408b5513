import type { Content, ToolResult } from '../../core/contract/content.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { escapeHidden } from '../../core/text/hidden.ts';

const STRIPPED = '[STRIPPED-TEMPLATE-TOKEN]';
const ROLE = '(?:system|user|assistant|tool|model|developer)?';
// Marks by which models tell who speaks; inside a result nobody but its author speaks.
const TOKENS = new RegExp(
  [
    `<\\|[a-z0-9_ -]{1,40}\\|>${ROLE}`,
    `<(?:start|end)_of_turn>${ROLE}`,
    '\\[/?INST\\]',
    '<</?SYS>>',
    '</?s>',
    // The name first and the blank line before it after that: so only names cost a look back.
    '(?=(?:Human|Assistant|System):)(?<=\\n[ \\t]*\\r?\\n[ \\t]*)(?:Human|Assistant|System):',
  ].join('|'),
  'gi',
);
const FENCE = /<(?=\s{0,8}\/?\s{0,8}untrusted)/gi;
const MAX_SOURCE_LENGTH = 256;

/** A text that strangers wrote, marked as such, so that a model takes it for content and not for a conversation or orders. */
export function fenceText(text: string, source: string, tool: string): string {
  const body = escapeHidden(text).replace(TOKENS, STRIPPED).replace(FENCE, '&lt;');
  return `<untrusted source="${source}" tool="${tool}">\n${body}\n</untrusted>`;
}

/** Where a result comes from, as far as the arguments tell. */
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

/** A result with every text in it fenced. */
export function fenceResult(result: ToolResult, args: JsonObject, tool: string): ToolResult {
  const source = sourceOf(args);
  const content = result.content.map((block): Content => {
    if (block.type === 'text') return { ...block, text: fenceText(block.text, source, tool) };
    if (block.type !== 'resource' || block.resource.text === undefined) return block;
    return { ...block, resource: { ...block.resource, text: fenceText(block.resource.text, source, tool) } };
  });
  return { ...result, content };
}
