import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCutMessage } from '../../../src/mcp/wire/cut-message.ts';

const CAPS = { depth: 64, keys: 10_000, items: 100_000 };
const KEPT = 4096;
const LIMIT = 10_000;

function read(line: string) {
  const bytes = Buffer.from(line);
  return readCutMessage(bytes.subarray(0, KEPT), bytes.subarray(-KEPT), LIMIT, CAPS);
}

const idOf = (line: string): unknown => {
  const message = read(line);
  return 'id' in message ? message.id : undefined;
};

const big = 'x'.repeat(20_000);
const params = { name: 't', arguments: { id: 'inner', text: big } };

describe('readCutMessage', () => {
  it.each([
    ['first', JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params })],
    ['last, as SDK clients write it', JSON.stringify({ method: 'tools/call', params, jsonrpc: '2.0', id: 7 })],
    ['with blanks', `  { "id" : 7 , "method" : "m" , "params" : { "text" : "${big}" } }  \r`],
    ['after a byte order mark', `\ufeff${JSON.stringify({ id: 7, method: 'm', params })}`],
    ['after a container', JSON.stringify({ _: [{ id: 1 }, '}"\\'], id: 7, method: 'm', params })],
    ['before a container', JSON.stringify({ method: 'm', params, id: 7, _: [{ id: 1 }, '{"\\'] })],
    ['written with escapes', `{"\\u0069d":7,"method":"m","params":{"text":"${big}"}}`],
    ['twice with the same value', `{"id":7,"method":"m","params":{"text":"${big}"},"id":7}`],
  ])('finds an id %s', { tags: ['large-line-id'] }, (_, line) => {
    expect(read(line)).toMatchObject({ kind: 'fault', id: 7, code: 'MESSAGE_TOO_LARGE', number: -32600 });
  });

  it.each([
    ['none', JSON.stringify({ jsonrpc: '2.0', method: 'm', params })],
    ['one in the arguments', `{"method":"m","params":{"text":"${big}","id":5}}`],
    ['one inside a string', `{"method":"m","params":{"text":"${big}"},"note":",\\"id\\":5"}`],
    ['two that differ', `{"id":7,"method":"m","params":{"text":"${big}"},"id":8}`],
    ['null', `{"id":null,"method":"m","params":{"text":"${big}"}}`],
    ['a list', `{"id":[1],"method":"m","params":{"text":"${big}"}}`],
    ['a fraction', `{"id":1.5,"method":"m","params":{"text":"${big}"}}`],
    ['one in the middle', `{"a":"${big}","id":7,"b":"${big}"}`],
    ['one in a batch', `[{"id":7,"method":"m","params":{"text":"${big}"}}]`],
    ['one that is itself too long', `{"id":"${big}","method":"m"}`],
    ['one that was cut off with the line', `{"method":"m","params":{"text":"${big}"},"id":7`],
    ['not JSON', big],
    ['backslashes alone', '\\'.repeat(20_000)],
    ['quotes alone', '"'.repeat(20_000)],
    ['brackets alone', `${'{'.repeat(10_000)}${'}'.repeat(10_000)}`],
  ])('answers with null if the id is %s', { tags: ['large-line-id'] }, (_, line) => {
    expect(idOf(line)).toBeNull();
  });

  it('treats a message that looks like a response as one, and never answers it', { tags: ['rpc-no-reply-to-responses'] }, () => {
    for (const line of [
      JSON.stringify({ jsonrpc: '2.0', id: 7, result: { text: big } }),
      JSON.stringify({ result: { text: big }, jsonrpc: '2.0', id: 7 }),
      JSON.stringify({ jsonrpc: '2.0', id: 7, error: { code: 1, message: big } }),
    ])
      expect(read(line)).toMatchObject({ kind: 'response', id: 7, body: { error: { message: expect.any(String) } } });
  });

  it('finds the id anywhere within 4 KB of either end, and no other id', { tags: ['large-line-id'] }, () => {
    const value = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.jsonValue({ maxDepth: 3 }).filter((v) => JSON.stringify(v).length < 200),
    );
    const member = fc.tuple(fc.oneof(fc.constantFrom('a', 'b"', '\\', 'ïd', 'Id', 'params'), fc.string({ maxLength: 8 })), value);
    const id = fc.oneof(fc.integer(), fc.string({ unit: 'grapheme', maxLength: 20 }));
    const filler = fc.constantFrom(big, `${'\\"'.repeat(9_000)}`, ',"id":5,'.repeat(2_000), '\\'.repeat(10_001));
    fc.assert(
      fc.property(
        id,
        fc.array(member, { maxLength: 5 }),
        fc.array(member, { maxLength: 5 }),
        filler,
        fc.boolean(),
        (own, before, after, text, first) => {
          const safe = (members: [string, unknown][]) =>
            members.filter(([key]) => !['id', 'result', 'error', 'method', '__proto__'].includes(key));
          const near: [string, unknown][] = [...safe(before), ['id', own], ...safe(after)];
          const far: [string, unknown] = ['filler', { id: 'inner', text, list: [{ id: 6 }] }];
          const written = (first ? [...near, far] : [far, ...near])
            .map(([key, v]) => `${JSON.stringify(key)}:${JSON.stringify(v)}`)
            .join(',');
          expect(idOf(`{${written}}`)).toBe(own);
        },
      ),
    );
  });

  it('never throws, for any bytes', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'id', '"id"', '"id":1', ' ', '1', '\ufeff', 'é');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        expect(['fault', 'response']).toContain(read(pieces.join('')).kind);
      }),
      { numRuns: 1_000 },
    );
  });
});
