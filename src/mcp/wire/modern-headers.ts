import { isSameNumber } from '../../core/json/decimal.ts';
import { toDouble } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonValue } from '../../core/json/json.ts';
import type { HeaderParam } from '../../registry/offer/header-params.ts';
import { RpcError } from './errors.ts';
import { type HeaderView, singleHeader } from './outlet.ts';
import { type Message, RPC } from './wire.ts';

const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};
const ENCODED = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;

/** Compares the version header of a modern HTTP request with its body. Runs first, because the other checks depend on it. */
export function checkVersion(version: string, headers: HeaderView): RpcError | undefined {
  return mismatch(headers, 'mcp-protocol-version', version);
}

/** Compares the other headers of a modern HTTP request with its body, because proxies route by the headers. */
export function checkHeaders({ method, params }: Message & { kind: 'request' }, headers: HeaderView): RpcError | undefined {
  return mismatch(headers, 'mcp-method', method) ?? mismatchName(method, params, headers);
}

/** Compares the header arguments of a tool with the body. Absent arguments are not checked. */
export function checkArguments(params: readonly HeaderParam[], args: JsonValue | undefined, headers: HeaderView): RpcError | undefined {
  for (const { path, header } of params) {
    let value: JsonValue | undefined = args;
    for (const key of path) value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    if (value === undefined || value === null) continue;
    const found = singleHeader(headers, header);
    const text = found === undefined ? undefined : decodeHeader(found);
    const isNumber = typeof toDouble(value) === 'number';
    const same = isNumber && text !== undefined ? isSameNumber(text, String(value)) : text === String(value);
    if (!same) return mismatch(headers, header, String(value)) ?? undefined;
  }
  return undefined;
}

function mismatchName(method: string, params: Readonly<Record<string, unknown>>, headers: HeaderView): RpcError | undefined {
  const field = NAMED[method];
  // If the name is missing in the body, the method itself reports that.
  return field === undefined || typeof params[field] !== 'string' ? undefined : mismatch(headers, 'mcp-name', params[field]);
}

function mismatch(headers: HeaderView, name: string, expected: unknown): RpcError | undefined {
  const found = singleHeader(headers, name);
  const value = found === undefined ? undefined : decodeHeader(found);
  if (value !== undefined && value === expected) return undefined;
  const what = found === undefined ? 'is missing or duplicated' : value === undefined ? 'is not valid base64' : 'differs from the body';
  return new RpcError(RPC.header, `The header ${name} ${what}.`, { header: name }, 400);
}

/** Decodes a header value; `=?base64?…?=` is UTF-8 in base64. Undefined if the encoding is invalid. */
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
