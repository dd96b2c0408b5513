import { type Content, errorResult, type ToolResult, textResult } from '../../src/core/contract/content.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json/json.ts';
import { toPlainResult } from '../../src/core/json/plain.ts';

const MEDIA = /^(image|audio)\/[a-z0-9.+-]+$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Converts a returned value: strings become text, data become structured data and JSON text. Throws RESULT_INVALID. */
export function toResult(value: unknown): ToolResult {
  if (value === undefined) return textResult('');
  if (typeof value === 'string') return textResult(value);
  const plain = toPlainResult(value);
  if (!isJsonObject(plain)) return { ...textResult(JSON.stringify(plain)), structured: plain };
  if (typeof plain.error === 'string' && plain.error !== '') {
    return errorResult(Object.keys(plain).length === 1 ? plain.error : JSON.stringify(plain));
  }
  return (
    toMedia(plain) ?? {
      ...textResult(JSON.stringify(plain)),
      structured: plain,
    }
  );
}

// Image or audio only if the value contains a media type and base64.
function toMedia(value: JsonObject): ToolResult | undefined {
  const { mimeType, data, ...rest } = value;
  if (typeof mimeType !== 'string' || typeof data !== 'string' || !MEDIA.test(mimeType) || !BASE64.test(data)) return undefined;
  const type = mimeType.toLowerCase().startsWith('image/') ? 'image' : 'audio';
  const content: Content[] = [{ type, data, mimeType }];
  if (Object.keys(rest).length > 0) content.push({ type: 'text', text: JSON.stringify(rest) });
  return { content };
}
