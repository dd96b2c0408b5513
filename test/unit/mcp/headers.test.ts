import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../src/core/json/json.ts';
import { checkArguments, checkHeaders, checkVersion, decodeHeader } from '../../../src/mcp/wire/modern-headers.ts';
import { headerParams } from '../../../src/registry/offer/header-params.ts';

const request = (method: string, params: object = {}) =>
  ({ kind: 'request', id: 1, method, params: { ...params, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } } }) as const;
const base = { 'mcp-protocol-version': '2026-07-28' };

/** A header value as a client writes it: plain if possible, otherwise in base64. */
const encode = (text: string): string =>
  /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.startsWith('=?')
    ? text
    : `=?base64?${Buffer.from(text).toString('base64')}?=`;
const text = fc.string({ unit: fc.constantFrom('a', 'B', '_', ' ', '=', '?', 'ü', '😀', '\n', '"', ',') });

describe('headers that repeat the body', () => {
  it('pass if they match the body, and never if they differ', () => {
    const method = fc.constantFrom('tools/call', 'prompts/get', 'resources/read');
    fc.assert(
      fc.property(method, text, text, method, (name, own, other, otherMethod) => {
        const message = request(name, { [name === 'resources/read' ? 'uri' : 'name']: own });
        const refused = (headers: Record<string, string | string[]>): boolean =>
          checkHeaders(message, { ...base, ...headers })?.number === -32020;
        expect(refused({ 'mcp-method': name, 'mcp-name': encode(own) })).toBe(false);
        expect(refused({ 'mcp-method': name, 'mcp-name': encode(other) })).toBe(other !== own);
        expect(refused({ 'mcp-method': otherMethod, 'mcp-name': encode(own) })).toBe(otherMethod !== name);
        expect(refused({ 'mcp-method': name, 'mcp-name': [encode(own), encode(own)] })).toBe(true);
        expect(refused({ 'mcp-method': name })).toBe(true);
      }),
    );
  });

  it('decode to themselves or to nothing if they are random bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (value) => {
        const decoded = decodeHeader(value);
        if (decoded !== undefined && !value.startsWith('=?base64?')) expect(decoded).toBe(value);
      }),
    );
  });
});

describe('header arguments of a schema', () => {
  const field = fc.record({
    type: fc.constantFrom('string', 'integer', 'boolean'),
    name: fc.constantFrom('Region', 'region', 'Shard', 'x y', '', 'ü'),
  });
  const fields = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), field);

  it('are found once per header, and their values are compared with the body', () => {
    fc.assert(
      fc.property(fields, fields, text, fc.integer(), fc.boolean(), (outer, inner, word, number, flag) => {
        const properties = (from: typeof outer): JsonObject =>
          Object.fromEntries(Object.entries(from).map(([key, { type, name }]) => [key, { type, 'x-mcp-header': name }]));
        const nested: JsonObject = { type: 'object', properties: properties(inner) };
        const { params, schema } = headerParams({ type: 'object', properties: { ...properties(outer), nested } });
        const names = params.map(({ header }) => header);
        expect(new Set(names).size).toBe(names.length);
        expect(JSON.stringify(schema).split('x-mcp-header').length - 1).toBe(names.length);

        const values = (from: typeof outer): JsonObject =>
          Object.fromEntries(
            Object.entries(from).map(([key, { type }]) => [key, type === 'string' ? word : type === 'integer' ? number : flag]),
          );
        const args: JsonObject = { ...values(outer), nested: values(inner) };
        const valueAt = (path: readonly string[]): JsonValue =>
          path.reduce<JsonValue>((value, key) => (value as JsonObject)[key] as JsonValue, args);
        const headers = Object.fromEntries(params.map(({ path, header }) => [header, encode(String(valueAt(path)))]));
        expect(checkArguments(params, args, headers)).toBeUndefined();
        for (const { path, header } of params) {
          const other = encode(`${valueAt(path)}1`);
          expect(checkArguments(params, args, { ...headers, [header]: other })).toMatchObject({ number: -32020 });
          expect(checkArguments(params, args, { ...headers, [header]: undefined })).toMatchObject({ number: -32020 });
        }
      }),
    );
  });

  it('are searched in any schema without an exception', () => {
    const schema = fc.object({ key: fc.constantFrom('type', 'properties', 'x-mcp-header', 'items', '$ref', 'a'), maxDepth: 4 });
    fc.assert(fc.property(schema, (s) => void headerParams(s as JsonObject)));
  });
});

describe('checkHeaders', () => {
  it('accepts headers that match the body', { tags: ['F34'] }, () => {
    expect(checkHeaders(request('tools/list'), { ...base, 'mcp-method': 'tools/list' })).toBeUndefined();
    expect(
      checkHeaders(request('tools/call', { name: 'echo' }), { ...base, 'mcp-method': 'tools/call', 'mcp-name': ' echo ' }),
    ).toBeUndefined();
    expect(
      checkHeaders(request('resources/read', { uri: 'ü:1' }), {
        ...base,
        'mcp-method': 'resources/read',
        'mcp-name': `=?base64?${Buffer.from('ü:1').toString('base64')}?=`,
      }),
    ).toBeUndefined();
  });

  it.each([
    ['no method', {}],
    ['another method', { 'mcp-method': 'tools/list' }],
    ['the method in another case', { 'mcp-method': 'Tools/Call', 'mcp-name': 'echo' }],
    ['no name', { 'mcp-method': 'tools/call' }],
    ['another name', { 'mcp-method': 'tools/call', 'mcp-name': 'ecko' }],
    ['the name twice', { 'mcp-method': 'tools/call', 'mcp-name': ['echo', 'echo'] }],
    ['a name with invalid base64', { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?ZWNobw?=' }],
  ])('rejects %s', { tags: ['F34', 'T26'] }, (_, headers) => {
    expect(checkHeaders(request('tools/call', { name: 'echo' }), { ...base, ...headers })).toMatchObject({ number: -32020, status: 400 });
  });

  it('compares the version literally', { tags: ['F34'] }, () => {
    expect(checkVersion('2026-07-28', base)).toBeUndefined();
    for (const headers of [{}, { 'mcp-protocol-version': 'draft' }])
      expect(checkVersion('2026-07-28', headers)).toMatchObject({ number: -32020 });
  });

  it('compares header arguments, numbers by value, and skips absent ones', { tags: ['header-arguments'] }, () => {
    const params = [
      { path: ['region'], header: 'mcp-param-region' },
      { path: ['where', 'shard'], header: 'mcp-param-shard' },
      { path: ['dry'], header: 'mcp-param-dry' },
    ];
    const args = { region: 'eu', where: { shard: 7 }, dry: false };
    const agreeing = { 'mcp-param-region': 'eu', 'mcp-param-shard': '7.0', 'mcp-param-dry': 'false' };
    expect(checkArguments(params, args, agreeing)).toBeUndefined();
    expect(checkArguments(params, { region: null }, { 'mcp-param-shard': '9' })).toBeUndefined();
    for (const wrong of [
      { 'mcp-param-region': 'us' },
      { 'mcp-param-region': undefined },
      { 'mcp-param-shard': '' },
      { 'mcp-param-dry': 'False' },
      { 'mcp-param-region': ['eu', 'eu'] },
    ]) {
      expect(checkArguments(params, args, { ...agreeing, ...wrong })).toMatchObject({ number: -32020, status: 400 });
    }
  });

  it('decodes what was encoded', { tags: ['F34'] }, () => {
    fc.assert(fc.property(text, (value) => void expect(decodeHeader(`=?base64?${Buffer.from(value).toString('base64')}?=`)).toBe(value)));
    expect(decodeHeader('ü')).toBeUndefined();
  });
});
