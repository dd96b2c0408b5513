import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage, parseMessageLine } from '../../../../adapters/mcp/lists/nulls.ts';

const VALUES = ['arguments', 'structuredContent', '_meta', 'input', 'metadata', 'data', 'default', 'const', 'enum', 'examples'];

describe('null in a message of a server', { tags: ['null-absent'] }, () => {
  const parsed = (value: unknown): unknown => {
    const text = JSON.stringify(value);
    const byLine = parseMessageLine(Buffer.from(text));
    expect(parseMessage(text)).toEqual(byLine);
    return byLine;
  };

  it('is an absent member, at any depth', () => {
    const tool = { name: 't', title: null, inputSchema: { type: 'object', required: null, properties: { a: { description: null } } } };
    expect(parsed({ jsonrpc: '2.0', id: 1, error: null, result: { tools: [tool], nextCursor: null, _meta: null } })).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: { tools: [{ name: 't', inputSchema: { type: 'object', properties: { a: {} } } }] },
    });
  });

  it.each(VALUES)('below "%s" is a value', (key) => {
    const result = { [key]: { a: null, b: [null, { c: null }] } };
    expect(parsed({ result, other: null })).toEqual({ result });
  });

  it('is a value for some keys and in lists', () => {
    const kept = { default: null, const: null, structuredContent: null, data: null, list: [null, 1] };
    expect(parsed({ ...kept, examples: [null], enum: [null], title: null })).toEqual({ ...kept, examples: [null], enum: [null] });
  });

  it('is absent in a schema for any property name', () => {
    const properties = { default: { type: 'string', title: null, default: null }, _meta: { description: null }, gone: null };
    expect(parsed({ inputSchema: { properties, $defs: { enum: { title: null } } } })).toEqual({
      inputSchema: { properties: { default: { type: 'string', default: null }, _meta: {}, gone: null }, $defs: { enum: {} } },
    });
  });

  it('is removed from messages of any depth', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify({ structuredContent: value, result: [value] });
        const { structuredContent, result } = parseMessage(text) as { structuredContent: unknown; result: unknown[] };
        expect(structuredContent).toEqual(JSON.parse(JSON.stringify(value)));
        if (!text.includes('null')) expect(result).toEqual([JSON.parse(JSON.stringify(value))]);
      }),
    );
    const deep = `${'['.repeat(50_000)}null${']'.repeat(50_000)}`;
    expect(() => parseMessage(`{"a":${deep},"b":null}`)).not.toThrow();
  });
});
