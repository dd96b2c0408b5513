import { toDouble } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { withoutOwnKeys } from '../../core/own-meta.ts';
import { isBase64 } from './base64.ts';

/** Why a value that a plugin returned is invalid, as the end of a sentence. */
export class ShapeFault extends Error {}

/** Throws a `ShapeFault` unless a value is a valid content block. */
export function checkBlock(block: unknown): void {
  if (!isJsonObject(block)) throw new ShapeFault('a piece of its content is not an object');
  const { type, annotations, _meta: meta } = block;
  switch (type) {
    case 'text':
      expectText(block, 'text', 'a piece of its content');
      break;
    case 'image':
    case 'audio':
      expectBase64(block, 'data', `its ${type}`);
      expectText(block, 'mimeType', `its ${type}`);
      checkMimeType(block);
      break;
    case 'resource':
      checkContents(block.resource, 'its embedded resource');
      break;
    case 'resource_link':
      checkLink(block);
      break;
    default:
      throw new ShapeFault(`content of type ${JSON.stringify(type)?.slice(0, 80)} is unknown`);
  }
  if (annotations !== undefined) checkAnnotations(annotations);
  if (meta !== undefined) expectObject(meta, '"_meta" of a piece of its content');
}

/** Throws a `ShapeFault` unless a value is the contents of a resource. */
export function checkContents(contents: unknown, what: string): void {
  if (!isJsonObject(contents)) throw new ShapeFault(`${what} is not an object`);
  expectText(contents, 'uri', what);
  checkMimeType(contents);
  if (contents.text === undefined && contents.blob === undefined) throw new ShapeFault(`${what} has neither "text" nor "blob"`);
  if (contents.text !== undefined) expectText(contents, 'text', what);
  if (contents.blob !== undefined) expectBase64(contents, 'blob', what);
  if (contents._meta !== undefined) expectObject(contents._meta, `"_meta" of ${what}`);
}

/** Throws a `ShapeFault` unless a value is an object; `what` names it. */
export function expectObject(value: unknown, what: string): void {
  if (!isJsonObject(value)) throw new ShapeFault(`${what} is not an object`);
}

function checkLink(link: JsonObject): void {
  const what = 'its link to a resource';
  expectText(link, 'uri', what);
  expectText(link, 'name', what);
  for (const key of ['title', 'description']) if (link[key] !== undefined) expectText(link, key, what);
  checkMimeType(link);
  if (link.size !== undefined && !(toNumber(link.size) >= 0)) throw new ShapeFault(`"size" of ${what} is not a number from 0`);
}

function checkAnnotations(annotations: unknown): void {
  expectObject(annotations, '"annotations" of a piece of its content');
  const { audience, priority, lastModified } = annotations as JsonObject;
  if (audience !== undefined && !(Array.isArray(audience) && audience.every((role) => role === 'user' || role === 'assistant')))
    throw new ShapeFault('"audience" of a piece of its content is not a list of "user" and "assistant"');
  if (priority !== undefined && !(toNumber(priority) >= 0 && toNumber(priority) <= 1))
    throw new ShapeFault('"priority" of a piece of its content is not a number from 0 to 1');
  if (lastModified !== undefined && typeof lastModified !== 'string')
    throw new ShapeFault('"lastModified" of a piece of its content is not a string');
}

// Clients may write it into a header, where a line break would start another one.
function checkMimeType({ mimeType }: JsonObject): void {
  if (mimeType === undefined) return;
  if (typeof mimeType !== 'string') throw new ShapeFault('a MIME type is not a string');
  if (/[\r\n]/.test(mimeType)) throw new ShapeFault('a MIME type contains a line break');
}

function toNumber(value: unknown): number {
  const number = toDouble(value);
  return typeof number === 'number' ? number : Number.NaN;
}

function expectText(object: JsonObject, field: string, what: string): void {
  if (typeof object[field] !== 'string') throw new ShapeFault(`${what} has no string in "${field}"`);
}

function expectBase64(object: JsonObject, field: string, what: string): void {
  const data = object[field];
  if (typeof data !== 'string') throw new ShapeFault(`${what} has no string in "${field}"`);
  if (!isBase64(data)) throw new ShapeFault(`"${field}" of ${what} is not base64`);
}

/**
 * Removes null members and reserved `_meta` keys from an object; `inner` is cleaned too. Returns the same object if there is
 * nothing to remove, which is the usual case.
 */
export function admitObject<T>(value: T, inner?: keyof T): T {
  if (!isJsonObject(value)) return value;
  let admitted: JsonObject = value;
  for (const key in value) {
    const member = value[key] as JsonValue;
    const kept = key === '_meta' ? admitMeta(member) : key === inner ? admitObject(member) : member;
    if (kept === member && member !== null) continue;
    if (admitted === value) admitted = { ...value };
    if (kept === undefined || kept === null) delete admitted[key];
    else admitted[key] = kept;
  }
  return admitted as T;
}

function admitMeta(meta: JsonValue): JsonValue | undefined {
  if (!isJsonObject(meta)) return meta;
  const kept = withoutOwnKeys(meta);
  return kept === meta || Object.keys(kept).length > 0 ? kept : undefined;
}
