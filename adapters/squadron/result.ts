import type { Content, ToolResult } from '../../src/core/contract/content.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { parseExact } from '../../src/core/json/exact-parse.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { IMAGE_STRING, mayHaveImages, toImage } from '../../src/host/images.ts';
import { withoutNils } from './nils.ts';

// A data URL anywhere, or a JSON string that contains only an image.
const PARTS = new RegExp(`data:image/(png|jpeg|jpg|gif|webp);base64,([A-Za-z0-9+/]+={0,2})|${IMAGE_STRING}`, 'g');

/** Converts a tool's text to a result; images in it become image content. `promised`: schema of its structured data. */
export function toResult(text: string, promised: JsonObject | undefined): ToolResult {
  const content = toContent(text);
  if (!promised) return { content };
  const parsed = parse(text);
  const structured = parsed === undefined ? undefined : withoutNils(parsed, promised, promised);
  if (!isJsonObject(structured)) {
    throw new GatewayError('RESULT_INVALID', 'The tool ran, but its result is not the JSON object that its output schema requires.');
  }
  return { content, structured };
}

function toContent(text: string): Content[] {
  const whole = toImage(text.trim());
  if (whole) return [whole];
  if (!text.includes('data:image/') && !mayHaveImages(text)) return [{ type: 'text', text }];
  const images: Content[] = [];
  const json = parse(text) !== undefined;
  const rest = text.replace(PARTS, (found: string, kind: string | undefined, data: string | undefined) => {
    const image: Content | undefined =
      kind === undefined ? (json ? toImage(found) : undefined) : { type: 'image', data: data as string, mimeType: mimeType(kind) };
    if (!image) return found;
    images.push(image);
    return json ? `(image ${images.length})` : '';
  });
  const plain = json ? rest.replace(/^"\(image 1\)"$/, '') : rest.trim();
  return plain === '' ? images : [{ type: 'text', text: plain }, ...images];
}

function mimeType(kind: string): string {
  return `image/${kind === 'jpg' ? 'jpeg' : kind}`;
}

function parse(text: string): JsonValue | undefined {
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}
