import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkArguments, checkHeaders, checkVersion, decodeHeader } from '../../../src/mcp/modern-headers.ts';

const request = (method: string, params: object = {}) =>
  ({ kind: 'request', id: 1, method, params: { ...params, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } } }) as const;
const base = { 'mcp-protocol-version': '2026-07-28' };

describe('checkHeaders', () => {
  it('passes what agrees with the body', { tags: ['F34'] }, () => {
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
    ['a name badly encoded', { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?ZWNobw?=' }],
  ])('refuses %s', { tags: ['F34'] }, (_, headers) => {
    expect(checkHeaders(request('tools/call', { name: 'echo' }), { ...base, ...headers })).toMatchObject({ number: -32020, status: 400 });
  });

  it('compares the version as it is spelt', { tags: ['F34'] }, () => {
    expect(checkVersion('2026-07-28', base)).toBeUndefined();
    for (const headers of [{}, { 'mcp-protocol-version': 'draft' }])
      expect(checkVersion('2026-07-28', headers)).toMatchObject({ number: -32020 });
  });

  it('compares arguments that travel in headers, numbers by value, and none that were not given', { tags: ['header-arguments'] }, () => {
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
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(fc.property(text, (value) => void expect(decodeHeader(`=?base64?${Buffer.from(value).toString('base64')}?=`)).toBe(value)));
    expect(decodeHeader('ü')).toBeUndefined();
  });
});
