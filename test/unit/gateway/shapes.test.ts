import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GatewayError } from '../../../src/core/errors.ts';
import { parseExact } from '../../../src/core/json/exact-parse.ts';
import { admitCompletion, admitPrompt, admitRead, admitResult } from '../../../src/gateway/call/admit.ts';
import { isBase64 } from '../../../src/gateway/result/base64.ts';
import { checkOutputSchema, checkResult } from '../../../src/gateway/result/check-result.ts';

const LIMITS = { resultBytes: 10_000, resultDepth: 8 };
const text = { type: 'text', text: 'x' };
const image = { type: 'image', data: 'AA==', mimeType: 'image/png' };
const link = { type: 'resource_link', uri: 'a:b', name: 'n' };
const faultOf = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    const { code, message } = error as GatewayError;
    return `${code} ${message}`;
  }
};
const call = (result: unknown) => faultOf(() => checkResult(admitResult(result as never), LIMITS));

it('a result may contain numbers that are written as decimals', { tags: ['numbers-exact'] }, () => {
  const result = (number: string) => ({ content: [parseExact(`{"type":"text","text":"x","annotations":{"priority":${number}}}`)] });
  for (const number of ['1.0', '0.0', '1e0', '0.50']) expect([number, call(result(number))]).toEqual([number, undefined]);
  for (const number of ['1.10', '-1.0', '9007199254740993', '1e999'])
    expect([number, call(result(number))]).toEqual([number, expect.stringContaining('is not a number from 0 to 1')]);
  expect(call({ content: [parseExact('{"type":"resource_link","uri":"a:b","name":"n","size":2048.0}')] })).toBeUndefined();
});

describe('a result of the wrong shape', () => {
  it.each([
    ['content that is a string', { content: 'x' }, /no list of content/],
    ['isError that is a string', { content: [text], isError: 'no' }, /"isError" is not true or false/],
    ['_meta that is a list', { content: [text], meta: [] }, /"_meta" is not an object/],
    ['_meta of a piece that is a string', { content: [{ ...text, _meta: 'x' }] }, /"_meta" of a piece/],
    ['bad base64 in an image', { content: [{ ...image, data: 'not base64!' }] }, /"data" of its image is not base64/],
    ['URL-safe base64', { content: [{ ...image, type: 'audio', data: 'ab-_' }] }, /"data" of its audio is not base64/],
    ['bad base64 in a blob', { content: [{ type: 'resource', resource: { uri: 'a:b', blob: 'a' } }] }, /"blob" of its embedded resource/],
    ['a line break in a MIME type', { content: [{ ...image, mimeType: 'image/png\r\nX: y' }] }, /MIME type contains a line break/],
    [
      'a MIME type that is a number',
      { content: [{ type: 'resource', resource: { uri: 'a:b', text: '', mimeType: 5 } }] },
      /MIME type is not a string/,
    ],
    ['a resource without contents', { content: [{ type: 'resource', resource: { uri: 'a:b' } }] }, /neither "text" nor "blob"/],
    [
      'a resource with a text that is a number',
      { content: [{ type: 'resource', resource: { uri: 'a:b', text: 1 } }] },
      /no string in "text"/,
    ],
    ['annotations that are a text', { content: [{ ...text, annotations: 'x' }] }, /"annotations" of a piece/],
    ['a priority of 2', { content: [{ ...text, annotations: { priority: 2 } }] }, /"priority"/],
    ['an unknown audience', { content: [{ ...text, annotations: { audience: ['robot'] } }] }, /"audience"/],
    ['a date that is a number', { content: [{ ...text, annotations: { lastModified: 1 } }] }, /"lastModified"/],
    ['a size below zero', { content: [{ ...link, size: -1 }] }, /"size" of its link/],
    ['a size that is a string', { content: [{ ...link, size: '5' }] }, /"size" of its link/],
    ['a title that is a list', { content: [{ ...link, title: [] }] }, /no string in "title"/],
  ])('is rejected: %s', (_, result, message) => {
    expect(call(result)).toMatch(/^RESULT_INVALID The tool ran, but/);
    expect(call(result)).toMatch(message);
  });

  it('does not include null for optional members', () => {
    const nulls = { annotations: null, _meta: null };
    const result = {
      content: [
        { ...text, ...nulls },
        { ...link, ...nulls, size: null },
      ],
      isError: null,
      meta: null,
    };
    expect(admitResult(result as never)).toEqual({ content: [text, link] });
    expect(call({ content: [{ type: 'resource', resource: { uri: 'a:b', text: 'x', blob: null, _meta: null } }] })).toBeUndefined();
  });

  it('includes data that is not an object although the schema requires one', () => {
    const entry = { name: 't', output: { type: 'object' } };
    expect(checkOutputSchema({ content: [], structured: [1] }, entry)?.code).toBe('RESULT_INVALID');
    expect(checkOutputSchema({ content: [], structured: [1], isError: true }, entry)).toBeUndefined();
    expect(checkOutputSchema({ content: [], structured: [1] }, { name: 't' })).toBeUndefined();
  });
});

describe('keys of _meta that only the gateway sets', () => {
  const forged = { 'plugmux/error': { code: 'DENIED' }, 'plugmux/untrusted': false, 'x/y': 1 };

  it('are removed from results, their content and resources in them', () => {
    const resource = { uri: 'a:b', text: 'x', _meta: forged };
    const result = {
      content: [
        { ...text, _meta: forged },
        { type: 'resource', resource, _meta: forged },
      ],
      meta: forged,
    };
    const own = { 'x/y': 1 };
    expect(admitResult(result as never)).toEqual({
      content: [
        { ...text, _meta: own },
        { type: 'resource', resource: { uri: 'a:b', text: 'x', _meta: own }, _meta: own },
      ],
      meta: own,
    });
    expect(admitRead([resource], LIMITS).contents).toEqual([{ uri: 'a:b', text: 'x', _meta: own }]);
    const prompt = { messages: [{ role: 'user', content: { ...text, _meta: forged } }], meta: forged };
    expect(admitPrompt('p', prompt as never, LIMITS)).toEqual({
      messages: [{ role: 'user', content: { ...text, _meta: own } }],
      meta: own,
    });
  });

  it('do not cause copies of results without any', () => {
    const result = { content: [text, { ...text, _meta: { 'x/y': 1 } }], meta: { 'x/y': 1 } };
    expect(admitResult(result as never)).toBe(result);
  });
});

describe('prompts, resources and completions', () => {
  const prompt = (value: unknown) => faultOf(() => admitPrompt('p', value as never, LIMITS));
  const contents = (value: unknown) => faultOf(() => admitRead(value as never, LIMITS));

  it.each([
    ['nothing', undefined],
    ['no messages', {}],
    ['a message that is a string', { messages: ['x'] }],
    ['an unknown role', { messages: [{ role: 'system', content: text }] }],
    ['content that is a string', { messages: [{ role: 'user', content: 'x' }] }],
    ['a description that is a number', { messages: [], description: 1 }],
    ['_meta that is a string', { messages: [], meta: 'x' }],
    ['a BigInt', { messages: [{ role: 'user', content: { ...text, more: 1n } }] }],
  ])('reject a prompt with %s', (_, value) => {
    expect(prompt(value)).toMatch(/^RESULT_INVALID /);
  });

  it.each([
    ['nothing', undefined],
    ['no address', [{ text: 'x' }]],
    ['an address that is a number', [{ uri: 1, text: 'x' }]],
    ['neither text nor data', [{ uri: 'a:b' }]],
    ['bad base64', [{ uri: 'a:b', blob: '*' }]],
    ['a line break in a MIME type', [{ uri: 'a:b', text: '', mimeType: 'a\nb' }]],
  ])('reject contents with %s', (_, value) => {
    expect(contents(value)).toMatch(/^RESULT_INVALID The resource cannot be passed on: /);
  });

  it('reject oversized contents, and values that are not strings', () => {
    expect(contents([{ uri: 'a:b', text: 'x'.repeat(10_001) }])).toMatch(/^RESULT_TOO_LARGE/);
    expect(faultOf(() => admitCompletion(['a', 1] as never))).toMatch(/^RESULT_INVALID/);
    expect(faultOf(() => admitCompletion(undefined as never))).toMatch(/^RESULT_INVALID/);
    expect(admitCompletion(['a'])).toEqual({ values: ['a'], total: 1, hasMore: false });
    expect(admitCompletion({ values: ['a'], total: 512, hasMore: true })).toEqual({ values: ['a'], total: 512, hasMore: true });
    expect(admitCompletion({ values: [], total: 'x', hasMore: 1 } as never)).toEqual({ values: [] });
  });

  it('escape hidden characters in a prompt, and do not change contents', { tags: ['T10'] }, () => {
    const hidden = 'a\u202eb';
    const message = { role: 'user', content: { type: 'resource', resource: { uri: 'a:b', text: hidden } } };
    const shown = admitPrompt(
      'p',
      { description: hidden, messages: [message, { role: 'assistant', content: { type: 'text', text: hidden } }] } as never,
      LIMITS,
    );
    expect(JSON.stringify(shown)).not.toContain('\u202e');
    expect(shown.messages[1]?.content).toEqual({ type: 'text', text: 'a\\u{202e}b' });
    expect(admitRead([{ uri: 'a:b', text: hidden }], LIMITS).contents).toEqual([{ uri: 'a:b', text: hidden }]);
  });
});

describe('isBase64', () => {
  it('accepts what clients decode', () => {
    const part = fc.constantFrom('A', 'b', '9', '+', '/', '=', '-', '_', ' ', '\n', '!', 'Ł', 'é', 'AAAA', '==');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part, { maxLength: 9 }).map((parts) => parts.join('')),
          fc.base64String(),
        ),
        (value) => {
          let decodes = true;
          try {
            atob(value);
          } catch {
            decodes = false;
          }
          expect([value, isBase64(value)]).toEqual([value, decodes]);
        },
      ),
      { seed: 64, numRuns: 3_000 },
    );
  });
});
