import type { Content, ResourceContents, ToolResult } from '../../src/core/content.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { PromptMessage, PromptResult } from '../../src/core/prompt.ts';

const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

/** A tool's result, untouched but for the server's name card: who serves the client is the gateway. */
export function toToolResult(raw: JsonObject): ToolResult {
  const { content, structuredContent, isError } = raw;
  const blocks = Array.isArray(content) ? (content as unknown as Content[]) : [];
  // Data that stands alone is told as text too: some clients look at one of the two only.
  const told: Content[] =
    blocks.length === 0 && structuredContent !== undefined ? [{ type: 'text', text: JSON.stringify(structuredContent) }] : blocks;
  return {
    content: told,
    ...(structuredContent === undefined ? {} : { structured: structuredContent }),
    ...(isError === true ? { isError } : {}),
    ...metaOf(raw),
  };
}

/** A fetched prompt. */
export function toPromptResult(raw: JsonObject): PromptResult {
  const messages = Array.isArray(raw.messages) ? raw.messages : undefined;
  if (!messages?.every(isMessage)) throw new GatewayError('RESULT_INVALID', 'The server answered with something that is no prompt.');
  return {
    ...(typeof raw.description === 'string' ? { description: raw.description } : {}),
    messages: messages as unknown as PromptMessage[],
    ...metaOf(raw),
  };
}

/** The contents of a resource. */
export function toContents(raw: JsonObject): readonly ResourceContents[] {
  const contents = Array.isArray(raw.contents) ? raw.contents : undefined;
  if (!contents?.every((item) => isJsonObject(item) && typeof item.uri === 'string')) {
    throw new GatewayError('RESULT_INVALID', 'The server answered with something that is no resource.');
  }
  return contents as unknown as ResourceContents[];
}

function isMessage(message: unknown): boolean {
  return isJsonObject(message) && (message.role === 'user' || message.role === 'assistant') && isJsonObject(message.content);
}

function metaOf({ _meta }: JsonObject): { meta?: JsonObject } {
  if (!isJsonObject(_meta)) return {};
  const { [SERVER_INFO]: _, ...meta } = _meta;
  return Object.keys(meta).length > 0 ? { meta } : {};
}
