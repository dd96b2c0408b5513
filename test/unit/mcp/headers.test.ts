import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHeaders, decodeHeader } from '../../../src/mcp/modern-headers.ts';

const request = (method: string, params: object = {}) =>
  ({ kind: 'request', id: 1, method, params: { ...params, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } } }) as const;
const base = { 'mcp-protocol-version': '2026-07-28' };

describe('checkHeaders', () => {
  it('passes what agrees with the body', () => {
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
    ['another version', { 'mcp-method': 'tools/call', 'mcp-name': 'echo', 'mcp-protocol-version': 'draft' }],
  ])('refuses %s', (_, headers) => {
    expect(checkHeaders(request('tools/call', { name: 'echo' }), { ...base, ...headers })).toMatchObject({ number: -32020, status: 400 });
  });

  it('decodes what was encoded', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(fc.property(text, (value) => void expect(decodeHeader(`=?base64?${Buffer.from(value).toString('base64')}?=`)).toBe(value)));
    expect(decodeHeader('ü')).toBeUndefined();
  });
});
