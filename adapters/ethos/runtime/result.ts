import { type Content, errorResult, type ToolResult } from '../../../src/core/contract/content.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { toPlain } from '../../../src/core/json/plain.ts';
import type { EthosResult } from './format.ts';

const MEDIA = /^(image|audio)\/[a-z0-9.+-]+$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Keys of `_meta` that hold what the format says beside the text. */
const META = 'ethos';

/** What a tool or filter returned, in the format's own shape. Plain texts and data count as success. */
export function toEthosResult(returned: unknown, convert: (value: unknown) => JsonValue = toPlain): EthosResult {
  if (typeof returned === 'string') return { ok: true, value: returned };
  if (returned === undefined || returned === null) return { ok: true, value: '' };
  const plain = convert(returned);
  if (!isJsonObject(plain) || typeof plain.ok !== 'boolean') return { ok: true, value: JSON.stringify(plain), structured: plain };
  if (plain.ok) return { ...plain, ok: true, value: toText(plain.value) };
  const code = typeof plain.code === 'string' ? plain.code : 'execution_failed';
  return { ...plain, ok: false, error: toText(plain.error) || 'The tool failed without a message.', code };
}

/** A failure in the format's shape. */
export function failure(error: string, code: string): EthosResult {
  return { ok: false, error, code };
}

/** A result as the gateway passes it on. */
export function toResult(result: EthosResult): ToolResult {
  if (!result.ok) {
    const { ok: _, error, ...rest } = result;
    return errorResult(error, { [META]: toPlain(rest) });
  }
  const { value, structured, cost_usd: cost } = result;
  const media = isJsonObject(structured) ? toMedia(structured) : undefined;
  return {
    content: [{ type: 'text', text: value }, ...(media ? [media] : [])],
    ...(structured === undefined || media ? {} : { structured: toPlain(structured) }),
    ...(typeof cost === 'number' ? { meta: { [META]: { cost_usd: cost } } } : {}),
  };
}

/** A result of any format as filters and hooks of this one see it. */
export function fromResult({ content, structured, isError, meta }: ToolResult): EthosResult {
  const text = textOf(content);
  if (isError !== true) return { ok: true, value: text, ...(structured === undefined ? {} : { structured }) };
  const own = meta?.[META];
  const gateway = meta?.['plugmux/error'];
  const known: JsonObject = asObject(own);
  const code = typeof known.code === 'string' ? known.code : isJsonObject(gateway) ? String(gateway.code) : 'execution_failed';
  return { ...known, ok: false, error: text, code };
}

/** What a filter made of a result; the same object where it changed nothing. Pictures and links stay in place. */
export function mergeResult(before: ToolResult, after: EthosResult): ToolResult {
  if (JSON.stringify(fromResult(before)) === JSON.stringify(after)) return before;
  const changed = toResult(after);
  const others = after.ok && textOf(before.content) === textOf(changed.content) ? before.content.filter((c) => c.type !== 'text') : [];
  const meta = { ...before.meta, ...changed.meta };
  return { ...changed, content: [...changed.content, ...others], ...(Object.keys(meta).length > 0 ? { meta } : {}) };
}

function textOf(content: readonly Content[]): string {
  return content.flatMap((c) => (c.type === 'text' ? [c.text] : [])).join('\n');
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

// An image or a sound only where the data say so themselves: a media type beside base64.
function toMedia({ mimeType, data }: JsonObject): Content | undefined {
  if (typeof mimeType !== 'string' || typeof data !== 'string' || !MEDIA.test(mimeType) || !BASE64.test(data)) return undefined;
  return { type: mimeType.toLowerCase().startsWith('image/') ? 'image' : 'audio', data, mimeType };
}
