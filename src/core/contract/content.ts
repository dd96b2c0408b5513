import type { JsonObject, JsonValue } from '../json/json.ts';

/** Optional members of every content block. */
interface Extras {
  readonly annotations?: JsonObject;
  readonly _meta?: JsonObject;
}

/** A plain text. */
export interface TextContent extends Extras {
  readonly type: 'text';
  readonly text: string;
}

/** An image or audio; `data` is base64. */
export interface MediaContent extends Extras {
  readonly type: 'image' | 'audio';
  readonly data: string;
  readonly mimeType: string;
}

/** The contents of one resource: `text`, or `blob` as base64. */
export interface ResourceContents {
  readonly uri: string;
  readonly mimeType?: string;
  readonly text?: string;
  readonly blob?: string;
  readonly _meta?: JsonObject;
}

/** A resource inside a result. */
export interface EmbeddedResource extends Extras {
  readonly type: 'resource';
  readonly resource: ResourceContents;
}

/** A link to a resource that the client may read. */
export interface ResourceLink extends Extras {
  readonly type: 'resource_link';
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  readonly size?: number;
}

/** A content block of a tool result or prompt. */
export type Content = TextContent | MediaContent | EmbeddedResource | ResourceLink;

/** The result of a tool call; `isError` marks a failure that the model can act on. */
export interface ToolResult {
  readonly content: readonly Content[];
  readonly structured?: JsonValue;
  readonly isError?: boolean;
  readonly meta?: JsonObject;
}

/** Creates a result with one text block. */
export function textResult(text: string): ToolResult {
  return { content: [{ type: 'text', text }] };
}

/** Creates an error result with one text block. */
export function errorResult(text: string, meta?: JsonObject): ToolResult {
  const content: Content[] = [{ type: 'text', text }];
  return meta === undefined ? { content, isError: true } : { content, isError: true, meta };
}
