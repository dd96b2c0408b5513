import { describe, expect, it } from 'vitest';
import { headerFault, paramHeaders } from '../../../../adapters/mcp/connection/headers.ts';
import type { JsonObject } from '../../../../src/core/json/json.ts';

const of = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more });
const text = (header: unknown, type = 'string'): JsonObject => ({ type, 'x-mcp-header': header as string });

describe('arguments marked with x-mcp-header', () => {
  it.each<[string, JsonObject, string]>([
    ['no name', of({ a: text('') }), 'of "a" is empty'],
    ['a name that is a number', of({ a: text(5) }), 'of "a" is not a string'],
    ['a space', of({ a: text('My Region') }), 'of "a" is not a valid header name'],
    ['a colon', of({ a: text('Region:Primary') }), 'is not a valid header name'],
    ['another alphabet', of({ a: text('Région') }), 'is not a valid header name'],
    ['a line end', of({ a: text('Region\r\nX: y') }), 'is not a valid header name'],
    ['an object', of({ o: of({ b: { type: 'object', 'x-mcp-header': 'B' } }) }), 'of "o.b" is on an argument that is not'],
    ['a list', of({ a: text('A', 'array') }), 'not a string, integer'],
    ['a number that is not whole', of({ a: text('A', 'number') }), 'not a string, integer'],
    ['no type', of({ a: { 'x-mcp-header': 'A' } }), 'not a string, integer'],
    ['the same name twice', of({ a: text('Region'), b: text('region') }), 'of "b" names the header of another argument'],
    ['the items of a list', of({ a: { type: 'array', items: text('A') } }), 'is not on an argument'],
    ['a branch', of({}, { anyOf: [of({ a: text('A') })] }), 'is not on an argument'],
    ['a definition', of({}, { $defs: { a: text('A') } }), 'is not on an argument'],
    ['the whole', { ...of({}), 'x-mcp-header': 'A' }, 'is not on an argument'],
  ])('are rejected with %s', { tags: ['header-tools'] }, (_, schema, why) => {
    expect(headerFault(schema)).toContain(why);
    expect(paramHeaders(schema)).toBeUndefined();
  });

  it('are sent in headers with their names', () => {
    const schema = of({
      'x-mcp-header': { type: 'string' },
      a: text('Region'),
      n: text('Count', 'integer'),
      o: of({ b: text('Flag', 'boolean') }),
      free: { type: 'string', default: { 'x-mcp-header': '' }, examples: [{ 'x-mcp-header': '' }] },
    });
    expect(headerFault(schema)).toBeUndefined();
    const headers = paramHeaders(schema)?.({ arguments: { a: ' é', n: 5, o: { b: false }, free: 'x' } });
    expect(headers).toEqual({
      'Mcp-Param-Region': `=?base64?${Buffer.from(' é').toString('base64')}?=`,
      'Mcp-Param-Count': '5',
      'Mcp-Param-Flag': 'false',
    });
    // An unchecked schema allows anything.
    const odd = JSON.parse('{"a":{"toString":1},"n":[1],"o":5}') as JsonObject;
    expect(paramHeaders(schema)?.({ arguments: odd })).toEqual({});
  });
});
