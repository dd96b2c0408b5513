import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage, replyText } from '../../../src/mcp/wire/wire.ts';

const CAPS = { depth: 64, keys: 10_000, items: 100_000 };
const read = (text: string | Buffer) => readMessage(Buffer.from(text as string), CAPS);

describe('readMessage', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":0,"method":"m"}', { kind: 'request', id: 0, method: 'm', params: {} }],
    ['{"jsonrpc":"2.0","id":"","method":"m","params":{"a":1}}', { kind: 'request', id: '', method: 'm', params: { a: 1 } }],
    ['{"jsonrpc":"2.0","method":"m"}', { kind: 'notification', method: 'm', params: {} }],
    ['{"jsonrpc":"2.0","id":1,"result":{}}', expect.objectContaining({ kind: 'response', id: 1 })],
    ['{"jsonrpc":"2.0","id":null,"error":{}}', expect.objectContaining({ kind: 'response', id: undefined })],
    ['{"jsonrpc":"1.0","id":1,"method":"m"}', expect.objectContaining({ kind: 'fault', number: -32600, id: 1 })],
    ['{"id":1,"method":"m"}', expect.objectContaining({ kind: 'fault', number: -32600, id: 1 })],
    ['{"jsonrpc":"2.0","id":1,"method":2}', expect.objectContaining({ kind: 'fault', number: -32600, id: 1 })],
    ['{"jsonrpc":"2.0","id":1}', expect.objectContaining({ kind: 'fault', number: -32600, id: 1 })],
    ['{"jsonrpc":"2.0","id":{},"method":"m"}', expect.objectContaining({ kind: 'fault', number: -32600, id: null })],
    ['{"jsonrpc":"2.0","id":1e300,"method":"m"}', expect.objectContaining({ kind: 'fault', number: -32600, id: null })],
    ['{"jsonrpc":"2.0","id":"\\ud800","method":"m"}', expect.objectContaining({ kind: 'fault', number: -32600, id: null })],
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":{"\\uDC00":"\\ud800"}}', expect.objectContaining({ params: { '\ufffd': '\ufffd' } })],
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":{"\\ud800":1,"\\ud801":2}}', expect.objectContaining({ code: 'DUPLICATE_KEY' })],
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":"x"}', expect.objectContaining({ kind: 'fault', number: -32602, id: 1 })],
    ['{"jsonrpc":"2.0","method":"m","params":[]}', expect.objectContaining({ kind: 'notification' })],
    [
      '{"jsonrpc":"2.0","id":1,"method":"m","method":"n"}',
      expect.objectContaining({ kind: 'fault', number: -32600, code: 'DUPLICATE_KEY' }),
    ],
    ['"x"', expect.objectContaining({ kind: 'fault', number: -32600 })],
    ['{', expect.objectContaining({ kind: 'fault', number: -32700 })],
    ['[]', expect.objectContaining({ kind: 'fault', number: -32600 })],
    [`${'['.repeat(100_000)}`, expect.objectContaining({ kind: 'fault', number: -32600, code: 'MESSAGE_TOO_DEEP' })],
    [`[${'1,'.repeat(1_000_000)}1]`, expect.objectContaining({ kind: 'fault', number: -32600, code: 'MESSAGE_TOO_DEEP' })],
  ])('reads %.60s', { tags: ['F7', 'F10', 'F11', 'F12', 'T26'] }, (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('skips one byte order mark at the beginning only', { tags: ['rpc-byte-order-mark'] }, () => {
    const message = '{"jsonrpc":"2.0","id":0,"method":"m","params":{"a":"\ufeff"}}';
    expect(read(`\ufeff${message}`)).toEqual({ kind: 'request', id: 0, method: 'm', params: { a: '\ufeff' } });
    for (const text of [`\ufeff\ufeff${message}`, ` \ufeff${message}`, `${message}\ufeff`, '\ufeff'])
      expect(read(text)).toMatchObject({ kind: 'fault', number: -32700 });
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(message, 'utf16le')]);
    expect(read(utf16)).toMatchObject({ kind: 'fault', number: -32700 });
  });

  it('rejects invalid UTF-8 instead of repairing it', { tags: ['F3'] }, () => {
    expect(readMessage(Buffer.from([0x22, 0xff, 0xc3, 0x28, 0x22]), CAPS)).toMatchObject({ kind: 'fault', number: -32700 });
  });

  it('never throws, and reads a request as it was written', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void readMessage(Buffer.from(bytes), CAPS)));
    const params = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.maxSafeInteger()), fc.string(), params, (id, method, p) => {
        const text = JSON.stringify({ jsonrpc: '2.0', id, method, params: p });
        const { id: seenId, ...message } = JSON.parse(text);
        expect(read(text)).toEqual({ kind: 'request', id: seenId, method: message.method, params: message.params });
      }),
    );
  });
});

describe('the kind of a message', () => {
  const id = fc.oneof(fc.integer(), fc.string(), fc.constantFrom(null, 1.5, true, 1e300, {}, []));
  const field = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const message = fc.record({
    jsonrpc: field(fc.constantFrom('2.0', '1.0', 2)),
    id: field(id),
    method: field(fc.oneof(fc.string(), fc.constantFrom(7, null))),
    params: field(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 })), fc.constantFrom([], 'x', 1))),
    result: field(fc.constantFrom({}, null)),
    error: field(fc.constantFrom({}, { code: 1 })),
  });
  const isId = (value: unknown): boolean => typeof value === 'string' || Number.isSafeInteger(value);

  it('depends only on its fields; a fault has the id if it can be read, and a response is never a fault', () => {
    fc.assert(
      fc.property(message, (fields) => {
        const seen = JSON.parse(JSON.stringify(fields)) as Record<string, unknown>;
        const read_ = read(JSON.stringify(fields));
        if (read_.kind === 'batch') throw new Error('an object is not a batch');
        const known = isId(seen.id) ? seen.id : undefined;
        const answered = 'result' in seen || 'error' in seen;
        const goodParams = !('params' in seen) || (typeof seen.params === 'object' && !Array.isArray(seen.params));
        if (seen.jsonrpc !== '2.0') expect(read_).toMatchObject({ kind: 'fault', number: -32600, id: known ?? null });
        else if (!('method' in seen)) expect(read_.kind).toBe(answered ? 'response' : 'fault');
        else if (typeof seen.method !== 'string') expect(read_).toMatchObject({ kind: 'fault', number: -32600 });
        else if ('id' in seen && known === undefined) expect(read_).toMatchObject({ kind: 'fault', number: -32600, id: null });
        else if (!('id' in seen)) expect(read_.kind).toBe('notification');
        else if (!goodParams) expect(read_).toMatchObject({ kind: 'fault', number: -32602, id: known });
        else expect(read_).toEqual({ kind: 'request', id: known, method: seen.method, params: seen.params ?? {} });
      }),
      { numRuns: 300 },
    );
  });

  it('is the same in a batch as alone', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), (messages) => {
        expect(read(JSON.stringify(messages))).toEqual({ kind: 'batch', items: messages.map((m) => read(JSON.stringify(m))) });
      }),
    );
  });
});

describe('replyText', () => {
  it('inserts the id before strings and bytes', () => {
    expect(replyText('a"b', '{"x":1}')).toBe('{"jsonrpc":"2.0","id":"a\\"b","result":{"x":1}}');
    expect(replyText(7, Buffer.from('{}')).toString()).toBe('{"jsonrpc":"2.0","id":7,"result":{}}');
  });
});
