import type { Content, ToolResult } from '../../src/core/contract/content.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { parseExact } from '../../src/core/json/exact-parse.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { withoutNils } from './nils.ts';

const MAGIC: Readonly<Record<string, string>> = {
  iVBORw0KGgo: 'image/png',
  '/9j/': 'image/jpeg',
  R0lGOD: 'image/gif',
  UklGR: 'image/webp',
};
const BASE64 = '[A-Za-z0-9+/]';
const START = Object.keys(MAGIC).join('|');
const WHOLE = new RegExp(`^(?:${START})${BASE64}{100,}={0,2}$`);
// A data URL anywhere, or a JSON string that contains only an image.
const PARTS = new RegExp(
  `data:image/(png|jpeg|jpg|gif|webp);base64,(${BASE64}+={0,2})|(?<=")((?:${START})${BASE64}{100,}={0,2})(?=")`,
  'g',
);

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
  if (!text.includes('data:image/') && !Object.keys(MAGIC).some((magic) => text.includes(`"${magic}`))) return [{ type: 'text', text }];
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

function toImage(text: string): Content | undefined {
  const magic = Object.keys(MAGIC).find((start) => text.startsWith(start));
  if (magic === undefined || !WHOLE.test(text)) return undefined;
  return { type: 'image', data: text, mimeType: MAGIC[magic] as string };
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
