import { type Content, errorResult, type ToolResult } from '../../../src/core/contract/content.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { toPlain } from '../../../src/core/json/plain.ts';
import type { EthosResult } from './format.ts';

const MEDIA = /^(image|audio)\/[a-z0-9.+-]+$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Key of `_meta` for the format's other result fields. */
const META = 'ethos';

/** Converts a returned value to the format's result. Strings and other data count as success. */
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

/** Converts a result to the gateway's form. */
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

/** Converts any plugin's result to the form that Ethos filters and hooks receive. */
export function fromResult({ content, structured, isError, meta }: ToolResult): EthosResult {
  const text = textOf(content);
  if (isError !== true) return { ok: true, value: text, ...(structured === undefined ? {} : { structured }) };
  const own = meta?.[META];
  const gateway = meta?.['plugmux/error'];
  const known: JsonObject = asObject(own);
  const code = typeof known.code === 'string' ? known.code : isJsonObject(gateway) ? String(gateway.code) : 'execution_failed';
  return { ...known, ok: false, error: text, code };
}

/** Applies a filter's changes to a result; returns the same object if nothing changed. Images and links are kept. */
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

// Image or audio only if the data contain a media type and base64.
function toMedia({ mimeType, data }: JsonObject): Content | undefined {
  if (typeof mimeType !== 'string' || typeof data !== 'string' || !MEDIA.test(mimeType) || !BASE64.test(data)) return undefined;
  return { type: mimeType.toLowerCase().startsWith('image/') ? 'image' : 'audio', data, mimeType };
}
