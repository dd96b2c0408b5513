import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../src/core/contract/caller.ts';
import type { Content, ToolResult } from '../../../src/core/contract/content.ts';
import type { Tool } from '../../../src/core/contract/tool.ts';
import { checkResult } from '../../../src/gateway/result/check-result.ts';
import { cleanResult, finishResult } from '../../../src/gateway/result/finish.ts';
import { createStoredResults } from '../../../src/gateway/result/stored-results.ts';
import type { VisibleTool } from '../../../src/gateway/view/visible-tool.ts';

const caller = localCaller();

function finish(result: ToolResult, tool: Partial<Tool> = {}, rules: Partial<VisibleTool> = {}, keptBytes = 1000) {
  const store = createStoredResults({ keptBytes, keptMs: 1000 });
  const visible = { entry: { name: 't', tool }, maxChars: 100, fence: true, ...rules } as VisibleTool;
  const size = checkResult(result, { resultBytes: 1e6, resultDepth: 64 });
  const finished = finishResult(result, size, { tool: visible, call: { caller } }, { path: 'p' }, store);
  const link = finished.content.find((block) => block.type === 'resource_link');
  return { finished, whole: link && store.read(link.uri, caller)?.map(({ text }) => text) };
}
const text = (value: string): Content => ({ type: 'text', text: value });
const texts = ({ content }: ToolResult): unknown[] => content.map((block) => (block.type === 'text' ? block.text : block.type));

describe('results with "results": "clean"', { tags: ['T13'] }, () => {
  const hidden = 'a\u202eb\u200b';
  const shown = 'a\\u{202e}b\\u{200b}';

  it('escape every hidden character in texts, data, keys, embedded resources and links', () => {
    const result = (t: string): ToolResult => ({
      content: [
        text(t),
        { type: 'resource', resource: { uri: 'a:b', text: t } },
        { type: 'resource_link', uri: 'a:b', name: t, description: t },
      ],
      structured: { [t]: [t, 1, null], text: t },
    });
    expect(finish(result(hidden), { output: {} }, { clean: true, maxChars: 1000 }).finished).toEqual(
      finish(result(shown), { output: {} }, { maxChars: 1000 }).finished,
    );
    expect(finish(result(hidden), { output: {} }, { clean: false, maxChars: 1000 }).finished.structured).toEqual(result(hidden).structured);
    expect(finish({ content: [text(`${hidden}${'x'.repeat(100)}`)] }, {}, { clean: true }).whole?.[0]).toMatch(/^a\\u\{202e\}/);
  });

  it('are returned unchanged if nothing is hidden', () => {
    const plain = { content: [text('a\r\nمی\u200cخواهم')], structured: { a: [1] } };
    expect(cleanResult(plain)).toBe(plain);
  });
});

describe('finishResult', () => {
  it.each<[string, ToolResult]>([
    ['a text', { content: [text('x')] }],
    ['a failure', { content: [text('x')], isError: true, structured: {} as never }],
    ['data beside their JSON', { content: [text('{"a":1}')], structured: { a: 1 } }],
    ['data beside JSON with space around it', { content: [text('\n {"a": 1} \n')], structured: { a: 1 } }],
    ['a list beside its JSON', { content: [text(' [1]')], structured: [1] }],
    ['a number beside itself', { content: [text('5')], structured: 5 }],
    ['an image of any size', { content: [{ type: 'image', data: 'A'.repeat(1000), mimeType: 'image/png' }] }],
  ])('returns %s unchanged', (_, result) => {
    const { finished } = finish(result);
    if (result.isError) expect(texts(finished)).toEqual(['x', '{}']);
    else expect(finished).toBe(result);
  });

  it('does not treat a text that only begins like JSON as JSON', () => {
    const { finished } = finish({ content: [text('[notes](a.md)')], structured: { a: 1 } });
    expect(finished).toEqual({ content: [text('[notes](a.md)'), text('{"a":1}')], structured: { a: 1, text: '[notes](a.md)' } });
  });

  it('does not change data with an output schema', () => {
    const { finished } = finish({ content: [text('prose')], structured: { a: 1 } }, { output: { type: 'object' } });
    expect(finished).toEqual({ content: [text('prose'), text('{"a":1}')], structured: { a: 1 } });
  });

  it.each([
    [{ a: 1 }, { a: 1, text: 'prose' }],
    [{ text: 'taken' }, { text: 'taken', message: 'prose' }],
    [{ said: 'prose' }, { said: 'prose' }],
    [{ said: 'pros' }, { said: 'pros' }],
    [{ said: 'pr' }, { said: 'pr', text: 'prose' }],
  ])('adds a missing text to data: %j', (structured, expected) => {
    expect(finish({ content: [text('prose')], structured }).finished.structured).toEqual(expected);
  });

  it('truncates across several blocks, keeps other content, and never splits a character', () => {
    const image: Content = { type: 'image', data: 'AA==', mimeType: 'image/png' };
    const { finished, whole } = finish({ content: [text('a'.repeat(90)), image, text('😀'.repeat(10)), text('b')], structured: { x: 1 } });
    expect(texts(finished).slice(0, -1)).toEqual(['a'.repeat(90), 'image', `${'😀'.repeat(5)}\n[truncated — 111 chars total]`]);
    expect(finished.structured).toBeUndefined();
    expect(whole).toEqual(['a'.repeat(90), '😀'.repeat(10), 'b', '{"x":1}']);
    const odd = finish({ content: [text(`a${'😀'.repeat(60)}`)] });
    expect(texts(odd.finished)[0]).toBe(`a${'😀'.repeat(49)}\n[truncated — 121 chars total]`);
  });

  it("applies a format's limit only to the tool's own text, and only to successful results", () => {
    const structured = { long: 'x'.repeat(50) };
    expect(finish({ content: [text('short')], structured }, { maxChars: 10 }).whole).toBeUndefined();
    expect(finish({ content: [text('x'.repeat(11))], isError: true }, { maxChars: 10 }).whole).toBeUndefined();
    expect(finish({ content: [text('x'.repeat(11))] }, { maxChars: 10 }).whole).toEqual(['x'.repeat(11)]);
    expect(finish({ content: [text('x'.repeat(101))] }, { maxChars: 1000 }).whole).toEqual(['x'.repeat(101)]);
  });

  it('truncates data that is too long', () => {
    const { finished, whole } = finish({ content: [], structured: { long: 'x'.repeat(200) } });
    expect(finished.structured).toBeUndefined();
    expect(texts(finished)[0]).toMatch(/^\{"long":"x+\n\[truncated — 211 chars total\]$/);
    expect(whole).toEqual([JSON.stringify({ long: 'x'.repeat(200) })]);
  });

  it('reports that the full text cannot be stored', () => {
    const { finished, whole } = finish({ content: [text('x'.repeat(200))] }, {}, {}, 100);
    expect(whole).toBeUndefined();
    expect(texts(finished)[1]).toContain('too long to be stored');
  });

  it('fences after truncating, also the stored text and the text added to data', () => {
    const { finished, whole } = finish({ content: [text('x'.repeat(200))] }, { untrusted: true });
    expect(texts(finished)[0]).toBe(`<untrusted source="p" tool="t">\n${'x'.repeat(100)}\n[truncated — 200 chars total]\n</untrusted>`);
    expect(whole?.[0]).toMatch(/^<untrusted/);
    expect(finish({ content: [text('y')], structured: { a: 1 } }, { untrusted: true }).finished.structured).toEqual({
      a: 1,
      text: expect.stringMatching(/^<untrusted[\s\S]*y[\s\S]*untrusted>$/),
    });
    expect(finish({ content: [text('y')] }, { untrusted: true }, { fence: false }).finished).toEqual({
      content: [text('y')],
      meta: { 'plugmux/untrusted': true },
    });
  });
});

describe('createKeptResults', () => {
  const kept = (value: string) => [{ text: value, mimeType: 'text/plain' }];

  it('evicts the oldest at the limit, and all after their time', () => {
    let time = 0;
    const store = createStoredResults({ keptBytes: 10, keptMs: 100 }, () => time);
    const [a, b] = ['aaaaaa', 'bbbb'].map((value) => store.store(caller, kept(value)) as string) as [string, string];
    expect([a, b].map((uri) => store.read(uri, caller)?.[0]?.text)).toEqual(['aaaaaa', 'bbbb']);
    time = 50;
    const c = store.store(caller, kept('c')) as string;
    expect([a, b, c].map((uri) => store.read(uri, caller)?.[0]?.text)).toEqual([undefined, 'bbbb', 'c']);
    time = 120;
    expect([b, c].map((uri) => store.read(uri, caller)?.[0]?.text)).toEqual([undefined, 'c']);
  });

  it('returns nothing to another principal or profile', () => {
    const store = createStoredResults({ keptBytes: 10, keptMs: 100_000 });
    const uri = store.store(caller, kept('x')) as string;
    expect(store.read(uri, { ...caller, principal: 'other' })).toBeUndefined();
    expect(store.read(uri, { ...caller, profile: 'other' })).toBeUndefined();
    expect(store.read(`${uri}x`, caller)).toBeUndefined();
    expect(store.read(uri, caller)).toEqual([{ uri, mimeType: 'text/plain', text: 'x' }]);
  });
});
