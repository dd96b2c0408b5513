import { envelopeValue } from './envelope.ts';
import { RpcError } from './errors.ts';
import { type HeaderView, singleHeader } from './outlet.ts';
import { type Message, RPC } from './wire.ts';

const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};
const ENCODED = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;

/** Compares the headers of a modern HTTP request with its body: what a proxy routed by must be what we do. */
export function checkHeaders(message: Message & { kind: 'request' }, headers: HeaderView): RpcError | undefined {
  const { method, params } = message;
  const version = envelopeValue(message, 'protocolVersion');
  return (
    mismatch(headers, 'mcp-protocol-version', version) ?? mismatch(headers, 'mcp-method', method) ?? mismatchName(method, params, headers)
  );
}

function mismatchName(method: string, params: Readonly<Record<string, unknown>>, headers: HeaderView): RpcError | undefined {
  const field = NAMED[method];
  return field === undefined ? undefined : mismatch(headers, 'mcp-name', params[field]);
}

function mismatch(headers: HeaderView, name: string, expected: unknown): RpcError | undefined {
  const found = singleHeader(headers, name);
  const value = found === undefined ? undefined : decodeHeader(found);
  if (value !== undefined && value === expected) return undefined;
  const what = found === undefined ? 'is missing or stands twice' : value === undefined ? 'is badly encoded' : 'differs from the body';
  return new RpcError(RPC.header, `The header ${name} ${what}.`, { header: name }, 400);
}

/** The text of a header value; `=?base64?…?=` is UTF-8 in base64. Undefined where it is badly encoded. */
export function decodeHeader(value: string): string | undefined {
  const encoded = ENCODED.exec(value)?.[1];
  if (encoded === undefined) return /^[\x20-\x7e\t]*$/.test(value) ? value : undefined;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
