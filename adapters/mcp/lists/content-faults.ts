import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';

// What is wrong with pieces of prompts and resources; undefined where nothing is.

const MIME_TYPE = /^[\x20-\x7e]*$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** What is wrong with the content of a message. */
export function blockFault(block: JsonObject): string | undefined {
  switch (block.type) {
    case 'text':
      return textFault(block, 'text');
    case 'image':
    case 'audio':
      return dataFault(block, 'data') ?? textFault(block, 'mimeType') ?? mimeFault(block);
    case 'resource':
      return isJsonObject(block.resource) ? contentsFault(block.resource) : 'an embedded resource is not an object';
    case 'resource_link':
      return textFault(block, 'uri') ?? textFault(block, 'name') ?? mimeFault(block);
    default:
      return 'its type is not known';
  }
}

/** What is wrong with the contents of a resource. */
export function contentsFault(contents: JsonObject): string | undefined {
  const fault = textFault(contents, 'uri') ?? mimeFault(contents);
  if (fault !== undefined || typeof contents.text === 'string') return fault;
  return typeof contents.blob === 'string' ? dataFault(contents, 'blob') : 'there is neither a "text" nor a "blob"';
}

function textFault(piece: JsonObject, key: string): string | undefined {
  return typeof piece[key] === 'string' ? undefined : `"${key}" is not a text`;
}

function dataFault(piece: JsonObject, key: string): string | undefined {
  return textFault(piece, key) ?? (isBase64(piece[key] as string) ? undefined : `"${key}" is not base64`);
}

function mimeFault({ mimeType }: JsonObject): string | undefined {
  if (mimeType === undefined || mimeType === null) return undefined;
  return isMimeType(mimeType) ? undefined : '"mimeType" is not a MIME type';
}

/** Whether a MIME type can stand in a header. */
export function isMimeType(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && MIME_TYPE.test(value);
}

// Line breaks stand in what mail programs and some servers encode.
function isBase64(text: string): boolean {
  return BASE64.test(text) || BASE64.test(text.replace(/[\r\n]/g, ''));
}
