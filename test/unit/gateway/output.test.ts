import { describe, expect, it } from 'vitest';
import type { ToolResult } from '../../../src/core/contract/content.ts';
import { checkResult } from '../../../src/gateway/result/check-result.ts';

const LIMITS = { resultBytes: 1000, resultDepth: 8 };
const check = (result: unknown): unknown => {
  try {
    return checkResult(result as ToolResult, LIMITS);
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
const text = { type: 'text', text: 'x' };

describe('checkResult', () => {
  it.each([
    ['nothing', undefined],
    ['a string', 'x'],
    ['no content', {}],
    ['unknown content', { content: [{ type: 'video', data: '' }] }],
    ['a text block without text', { content: [{ type: 'text' }] }],
    ['an image without a type', { content: [{ type: 'image', data: 'x' }] }],
    ['a resource without contents', { content: [{ type: 'resource', resource: { uri: 'x' } }] }],
    ['a BigInt', { content: [text], structured: { a: 1n } }],
    ['NaN', { content: [text], structured: { a: Number.NaN } }],
    ['a function', { content: [text], structured: () => 1 }],
    ['a Date', { content: [text], structured: { a: new Date() } }],
    ['a Map', { content: [text], structured: new Map() }],
    ['a toJSON', { content: [text], structured: { toJSON: () => 1 } }],
    ['a level too many', { content: [text], structured: deep(9) }],
    [
      'a throwing getter',
      {
        content: [text],
        get structured() {
          throw new Error('no');
        },
      },
    ],
    [
      'a trap',
      {
        content: [text],
        structured: new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('no');
            },
          },
        ),
      },
    ],
  ])('rejects %s', (_, result) => {
    expect(check(result)).toBe('RESULT_INVALID');
  });

  it('rejects a cycle as too deep and a huge result as too large', { tags: ['F53', 'result-limit'] }, () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(check({ content: [text], structured: circle })).toBe('RESULT_INVALID');
    expect(check({ content: [{ type: 'text', text: 'x'.repeat(2000) }] })).toBe('RESULT_TOO_LARGE');
    expect(check({ content: Array.from({ length: 500 }, () => text) })).toBe('RESULT_TOO_LARGE');
  });

  it('accepts every kind of content and plain data', () => {
    const content = [
      text,
      { type: 'image', data: 'AA==', mimeType: 'image/png' },
      { type: 'audio', data: 'AA==', mimeType: 'audio/wav' },
      { type: 'resource', resource: { uri: 'a:b', text: 'x' } },
      { type: 'resource_link', uri: 'a:b', name: 'n' },
    ];
    expect(check({ content, structured: { a: [1, null, true, { b: 'c' }] } })).toBeTypeOf('number');
    expect(check({ content: [], structured: Object.create(null) })).toBeTypeOf('number');
  });
});
