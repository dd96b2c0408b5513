import { describe, expect, it } from 'vitest';
import { headerFault, paramHeaders } from '../../../../adapters/mcp/connection/headers.ts';
import type { JsonObject } from '../../../../src/core/json/json.ts';

const of = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more });
const text = (header: unknown, type = 'string'): JsonObject => ({ type, 'x-mcp-header': header as string });

describe('arguments that a tool of a server wants in headers', () => {
  it.each<[string, JsonObject, string]>([
    ['no name', of({ a: text('') }), 'of "a" is empty'],
    ['a name that is a number', of({ a: text(5) }), 'of "a" is not a text'],
    ['a space', of({ a: text('My Region') }), 'of "a" cannot be the name of a header'],
    ['a colon', of({ a: text('Region:Primary') }), 'cannot be the name'],
    ['another alphabet', of({ a: text('Région') }), 'cannot be the name'],
    ['a line end', of({ a: text('Region\r\nX: y') }), 'cannot be the name'],
    ['an object', of({ o: of({ b: { type: 'object', 'x-mcp-header': 'B' } }) }), 'of "o.b" stands at an argument that is neither'],
    ['a list', of({ a: text('A', 'array') }), 'neither a string'],
    ['a number that is not whole', of({ a: text('A', 'number') }), 'neither a string'],
    ['no type', of({ a: { 'x-mcp-header': 'A' } }), 'neither a string'],
    ['the same name twice', of({ a: text('Region'), b: text('region') }), 'of "b" names the header of another argument'],
    ['the items of a list', of({ a: { type: 'array', items: text('A') } }), 'stands where no argument is'],
    ['a branch', of({}, { anyOf: [of({ a: text('A') })] }), 'stands where no argument is'],
    ['a definition', of({}, { $defs: { a: text('A') } }), 'stands where no argument is'],
    ['the whole', { ...of({}), 'x-mcp-header': 'A' }, 'stands where no argument is'],
  ])('are refused with %s', { tags: ['header-tools'] }, (_, schema, why) => {
    expect(headerFault(schema)).toContain(why);
    expect(paramHeaders(schema)).toBeUndefined();
  });

  it('are those that the rules allow, under their names', () => {
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
    // A schema that is served unchecked lets anything through.
    const odd = JSON.parse('{"a":{"toString":1},"n":[1],"o":5}') as JsonObject;
    expect(paramHeaders(schema)?.({ arguments: odd })).toEqual({});
  });
});
