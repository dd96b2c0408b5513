import type { Content, ToolResult } from '../../core/contract/content.ts';
import type { PromptResult } from '../../core/contract/prompt.ts';
import type { ReadResult } from '../../core/contract/resource.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { type Era, MODERN_META } from './era.ts';

/** A tool's result in the form of the client's era and revision. */
export function toCallResult(result: ToolResult, era: Era): string {
  const { structured, isError, meta } = result;
  const content = downgrade(result.content, era);
  if (era.kind === 'modern') {
    return toJsonText({
      content,
      structuredContent: structured,
      isError,
      resultType: 'complete',
      _meta: { ...meta, ...MODERN_META },
    });
  }
  // Before 2026-07-28 structured content must be an object; the text has the same content.
  return toJsonText({
    content,
    structuredContent: isJsonObject(structured) ? structured : undefined,
    isError,
    _meta: meta,
  });
}

/** The result of `prompts/get`. */
export function toPromptResult({ description, messages, meta }: PromptResult, era: Era): string {
  const shown = messages.map(({ role, content }) => ({
    role,
    content: downgrade([content], era)[0],
  }));
  return toResult({ description, messages: shown }, era, meta);
}

/** The result of `resources/read`. */
export function toReadResult({ contents, meta }: ReadResult, era: Era, hints: object): string {
  return toResult({ contents, ...(era.kind === 'modern' ? hints : {}) }, era, meta);
}

/** Any other result, with the fields that the era requires. */
export function toResult(result: object, era: Era, meta?: JsonObject): string {
  if (era.kind === 'legacy') return toJsonText(meta ? { ...result, _meta: meta } : result);
  return toJsonText({ ...result, resultType: 'complete', _meta: { ...meta, ...MODERN_META } });
}

// A client rejects the whole result if it contains an unknown kind of content, so such content becomes text.
function downgrade(content: readonly Content[], { revision }: Era): readonly Content[] {
  if (revision >= '2025-06-18') return content;
  return content.map((block) => {
    if (block.type === 'resource_link') return text(`${block.title ?? block.name}: ${block.uri}`);
    if (block.type === 'audio' && revision < '2025-03-26') return text(`(audio, ${block.mimeType}, not supported by this client)`);
    return block;
  });
}

function text(value: string): Content {
  return { type: 'text', text: value };
}
