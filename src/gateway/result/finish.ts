import type { Caller } from '../../core/contract/caller.ts';
import type { Content, TextContent, ToolResult } from '../../core/contract/content.ts';
import { ExactNumber, toJsonText } from '../../core/json/exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { escapeHidden } from '../../core/text/hidden.ts';
import { mapTexts } from '../../core/text/map-texts.ts';
import type { VisibleTool } from '../view/visible-tool.ts';
import { fenceResult } from './fence.ts';
import type { StoredResults, StoredText } from './stored-results.ts';

const SPACE = 0x20;
/** The closing bracket of a JSON object or list by its opening one. */
const CLOSING: ReadonlyMap<number, number> = new Map([
  [0x7b, 0x7d],
  [0x5b, 0x5d],
]);

/** The call whose result is finished. */
interface Finishing {
  readonly tool: VisibleTool;
  readonly call: { readonly caller: Caller };
}

/**
 * Prepares a checked result for clients: text and structured data get the same content, long text is truncated and stored
 * in full, untrusted text is fenced. `checkedSize` is in characters. Most results are returned unchanged.
 */
export function finishResult(
  checked: ToolResult,
  checkedSize: number,
  { tool, call }: Finishing,
  args: JsonObject,
  store: StoredResults,
): ToolResult {
  const { tool: own, name } = tool.entry;
  const result = tool.clean ? cleanResult(checked) : checked;
  const size = result === checked ? checkedSize : Number.POSITIVE_INFINITY;
  // If the author returns both text and data on purpose, they stay as they are; otherwise one is derived from the other.
  const asGiven = own.resultsAsGiven === true && result.content.length > 0;
  const whole = result.structured === undefined || asGiven ? result : addJsonText(result, result.structured);
  let finished = whole;
  let kept: readonly StoredText[] | undefined;
  if (whole !== result || size > limitOf(tool, result)) {
    // A format's limit applies to the text of the tool; text that was added here counts only against the gateway's limit.
    const [long, limit] = isTooLong(tool, result) ? [result, limitOf(tool, result)] : [whole, tool.maxChars];
    if (lengthOf(long.content) > limit) {
      kept = textsOf(tool.fence && own.untrusted === true ? fenceResult(whole, args, name) : whole);
      finished = cut(long, limit, own.output !== undefined);
    }
  }
  if (own.untrusted === true) {
    if (tool.fence) finished = fenceResult(finished, args, name);
    finished = { ...finished, meta: { ...finished.meta, 'plugmux/untrusted': true } };
  }
  if (finished.structured !== undefined && finished.isError !== true && own.output === undefined && own.resultsAsGiven !== true)
    finished = addPlainText(finished, finished.structured);
  return kept === undefined ? finished : addLink(finished, store.store(call.caller, kept), kept);
}

/** Escapes all hidden characters of a result, in its structured data too. */
export function cleanResult(result: ToolResult): ToolResult {
  return mapTexts(result as unknown as JsonValue, escapeHidden) as unknown as ToolResult;
}

/** Whether a result has more text than its tool may return. */
export function isTooLong(tool: VisibleTool, result: ToolResult): boolean {
  return lengthOf(result.content) > limitOf(tool, result);
}

function limitOf({ entry, maxChars }: VisibleTool, { isError }: ToolResult): number {
  const own = entry.tool.maxChars;
  return own !== undefined && own < maxChars && isError !== true ? own : maxChars;
}

// Some clients read only the text of a result, so structured data is added there.
function addJsonText(result: ToolResult, structured: JsonValue): ToolResult {
  const { content } = result;
  for (const block of content) if (block.type === 'text' && saysSame(block.text, structured)) return result;
  return { ...result, content: [...content, { type: 'text', text: toJsonText(structured) }] };
}

// Only checks whether the text looks like JSON if the data is an object or a list: a comparison would slow down every call.
function saysSame(text: string, structured: JsonValue): boolean {
  if (structured !== null && typeof structured === 'object' && !(structured instanceof ExactNumber)) return looksLikeJson(text);
  return text === String(structured) || text === toJsonText(structured);
}

function looksLikeJson(text: string): boolean {
  let first = 0;
  let last = text.length - 1;
  while (text.charCodeAt(first) <= SPACE) first++;
  while (text.charCodeAt(last) <= SPACE) last--;
  return CLOSING.get(text.charCodeAt(first)) === text.charCodeAt(last);
}

// Other clients read only the structured data, so further text is added there, unless the tool has an output schema.
function addPlainText(result: ToolResult, structured: JsonValue): ToolResult {
  if (!isJsonObject(structured)) return result;
  let text: string | undefined;
  for (const block of result.content) {
    if (block.type !== 'text' || block.text === '' || looksLikeJson(block.text)) continue;
    text = text === undefined ? block.text : `${text}\n${block.text}`;
  }
  if (text === undefined || carries(structured, text)) return result;
  const key = ['text', 'message', 'plugmux_text'].find((name) => !Object.hasOwn(structured, name));
  return key === undefined ? result : { ...result, structured: { ...structured, [key]: text } };
}

// Whether a value of the data is the text or at least half of it; the rest then describes the other values.
function carries(structured: JsonObject, text: string): boolean {
  return Object.values(structured).some(
    (value) => typeof value === 'string' && value.length * 2 >= text.length && (text.includes(value) || value.includes(text)),
  );
}

function lengthOf(content: readonly Content[]): number {
  let length = 0;
  for (const block of content) length += textOf(block)?.length ?? 0;
  return length;
}

function textOf(block: Content): string | undefined {
  return block.type === 'text' ? block.text : block.type === 'resource' ? block.resource.text : undefined;
}

function textsOf({ content }: ToolResult): StoredText[] {
  return content.flatMap((block): StoredText[] => {
    const text = textOf(block);
    if (text === undefined) return [];
    const mimeType = block.type === 'resource' ? block.resource.mimeType : undefined;
    return [{ text, mimeType: mimeType ?? (looksLikeJson(text) ? 'application/json' : 'text/plain') }];
  });
}

// Structured data is dropped with the text, unless an output schema promises it.
function cut(result: ToolResult, limit: number, promised: boolean): ToolResult {
  const { structured, content, ...rest } = result;
  const total = lengthOf(content);
  let room = limit;
  let last: TextContent | undefined;
  const shown: Content[] = [];
  for (const block of content) {
    const text = textOf(block);
    if (text === undefined || text.length <= room) shown.push(block);
    else if (last === undefined) {
      last = { type: 'text', text: `${beginning(text, room)}\n[truncated — ${total} chars total]` };
      shown.push(last);
      room = 0;
    }
    room -= Math.min(room, text?.length ?? 0);
  }
  return { ...rest, content: shown, ...(promised && structured !== undefined ? { structured } : {}) };
}

function beginning(text: string, length: number): string {
  const end = /[\ud800-\udbff]/.test(text.charAt(length - 1)) ? length - 1 : length;
  return text.slice(0, end);
}

function addLink(result: ToolResult, uri: string | undefined, whole: readonly StoredText[]): ToolResult {
  const size = whole.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const block: Content =
    uri === undefined
      ? { type: 'text', text: 'The full text is too long to be stored. Request a smaller part of it.' }
      : {
          type: 'resource_link',
          uri,
          name: 'whole-result',
          title: 'The whole result',
          description: 'The full result before it was truncated. Only the caller of the tool can read it, for a limited time.',
          mimeType: whole[0]?.mimeType ?? 'text/plain',
          size,
        };
  return { ...result, content: [...result.content, block] };
}
