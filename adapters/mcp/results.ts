import type { Content, ResourceContents, ToolResult } from '../../src/core/contract/content.ts';
import type { PromptMessage, PromptResult } from '../../src/core/contract/prompt.ts';
import type { ReadResult } from '../../src/core/contract/resource.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { toJsonText } from '../../src/core/json/exact-number.ts';
import { findFault } from '../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { blockFault, contentsFault } from './lists/content-faults.ts';
import { isDeeper } from './nesting.ts';

const MAX_LEVELS = 64;
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

/** Converts a tool's result. Only the server's `serverInfo` is removed: to the client, the gateway is the server. */
export function toToolResult(raw: JsonObject): ToolResult {
  const { content, structuredContent, isError } = raw;
  if (content !== undefined && content !== null && !Array.isArray(content)) throw invalid('its "content" is not a list');
  if (isError !== undefined && isError !== null && typeof isError !== 'boolean') throw invalid('its "isError" is neither true nor false');
  const blocks = (content ?? []) as unknown as Content[];
  // Structured data without content is repeated as text, because some clients read only one of the two.
  const shown: Content[] =
    blocks.length === 0 && structuredContent !== undefined ? [{ type: 'text', text: toText(structuredContent) }] : blocks;
  return {
    content: shown,
    ...(structuredContent === undefined ? {} : { structured: structuredContent }),
    ...(isError === undefined || isError === null || isError === false ? {} : { isError: isError as boolean }),
    ...metaOf(raw),
  };
}

function toText(value: JsonValue): string {
  try {
    return toJsonText(value);
  } catch {
    throw invalid('it is nested too deep');
  }
}

/** Converts the result of `prompts/get`. */
export function toPromptResult(raw: JsonObject): PromptResult {
  const { messages, description } = raw;
  if (isDeeper(raw, MAX_LEVELS)) throw invalid('it is nested too deep');
  refuseFaults(raw);
  if (!Array.isArray(messages)) throw invalid('it has no list of messages');
  for (const message of messages) {
    if (!isJsonObject(message) || (message.role !== 'user' && message.role !== 'assistant'))
      throw invalid('one of its messages has no role');
    const fault = isJsonObject(message.content) ? blockFault(message.content) : 'it is not an object';
    if (fault !== undefined) throw invalid(`the content of one of its messages cannot be used: ${fault}`);
  }
  return {
    ...(description === undefined || description === null ? {} : { description: description as string }),
    messages: messages as unknown as PromptMessage[],
    ...metaOf(raw),
  };
}

/** Converts the contents of a resource and the `_meta` of the result. */
export function toReadResult(raw: JsonObject): ReadResult {
  const { contents } = raw;
  if (isDeeper(contents, MAX_LEVELS)) throw invalid('it is nested too deep');
  refuseFaults(raw);
  if (!Array.isArray(contents)) throw invalid('it has no list of contents');
  for (const item of contents) {
    const fault = isJsonObject(item) ? contentsFault(item) : 'they are not an object';
    if (fault !== undefined) throw invalid(`the contents of the resource cannot be used: ${fault}`);
  }
  return { contents: contents as unknown as ResourceContents[], ...metaOf(raw) };
}

function refuseFaults(raw: JsonObject): void {
  const found = findFault(raw);
  if (found) throw invalid(`${found.path} ${found.fault}`);
}

function invalid(why: string): GatewayError {
  return new GatewayError('RESULT_INVALID', `The server returned an invalid result: ${why}.`);
}

function metaOf({ _meta }: JsonObject): { meta?: JsonObject } {
  if (_meta === undefined || _meta === null) return {};
  if (!isJsonObject(_meta)) return { meta: _meta as unknown as JsonObject };
  const { [SERVER_INFO]: _, ...meta } = _meta;
  return Object.keys(meta).length > 0 ? { meta } : {};
}
