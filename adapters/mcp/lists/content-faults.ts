import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';

// Validation of parts of prompts and resources. Each function returns the fault, or undefined.

const MIME_TYPE = /^[\x20-\x7e]*$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The fault of a message's content block. */
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
      return 'its type is unknown';
  }
}

/** The fault of a resource's contents. */
export function contentsFault(contents: JsonObject): string | undefined {
  const fault = textFault(contents, 'uri') ?? mimeFault(contents);
  if (fault !== undefined || typeof contents.text === 'string') return fault;
  return typeof contents.blob === 'string' ? dataFault(contents, 'blob') : 'there is neither a "text" nor a "blob"';
}

function textFault(piece: JsonObject, key: string): string | undefined {
  return typeof piece[key] === 'string' ? undefined : `"${key}" is not a string`;
}

function dataFault(piece: JsonObject, key: string): string | undefined {
  return textFault(piece, key) ?? (isBase64(piece[key] as string) ? undefined : `"${key}" is not base64`);
}

function mimeFault({ mimeType }: JsonObject): string | undefined {
  if (mimeType === undefined || mimeType === null) return undefined;
  return isMimeType(mimeType) ? undefined : '"mimeType" is not a MIME type';
}

/** Whether a value is a MIME type that is valid in a header. */
export function isMimeType(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && MIME_TYPE.test(value);
}

// Mail programs and some servers insert line breaks into base64.
function isBase64(text: string): boolean {
  return BASE64.test(text) || BASE64.test(text.replace(/[\r\n]/g, ''));
}
