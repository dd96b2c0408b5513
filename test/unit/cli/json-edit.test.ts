import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { editJson } from '../../../src/cli/in-file/json-edit.ts';

const remove = (text: string, ...path: (string | number)[]) => editJson(text, [{ path, json: undefined }]);
const set = (text: string, json: string, ...path: (string | number)[]) => editJson(text, [{ path, json }]);

describe('removing a key or an item', () => {
  it.each([
    ['the first of one line', '{"a":1,"b":2}', '{"b":2}'],
    ['the only one', '{ "a": 1 }', '{ }'],
    ['the last of one line', '{ "b": 2, "a": 1 }', '{ "b": 2 }'],
    ['the last, with a trailing comma', '{"b":2,"a":1,}', '{"b":2,}'],
    ['a line', '{\n  "a": 1,\n  "b": 2\n}\n', '{\n  "b": 2\n}\n'],
    ['the last line', '{\n  "b": 2,\n  "a": 1\n}\n', '{\n  "b": 2\n}\n'],
    ['a line that ends with CRLF', '{\r\n\t"a": 1,\r\n\t"b": 2\r\n}\r\n', '{\r\n\t"b": 2\r\n}\r\n'],
    ['before a comment about the next key', '{\n  "a": 1,\n  // about b\n  "b": 2\n}', '{\n  // about b\n  "b": 2\n}'],
    ['after a comment about the key before', '{\n  "b": 2, // about b\n  "a": 1\n}', '{\n  "b": 2 // about b\n}'],
    ['before a comment on its line', '{\n  "a": 1, // about a\n  "b": 2\n}', '{\n  // about a\n  "b": 2\n}'],
    ['before a comment and its comma', '{"a":1 /* , */ , "b":2}', '{/* , */  "b":2}'],
    ['with a byte order mark', '\ufeff{"a":1,"b":2}', '\ufeff{"b":2}'],
  ])('leaves the rest as it was: %s', (_, text, expected) => {
    expect(remove(text, 'a')).toBe(expected);
  });

  it('removes items of a list one by one', () => {
    expect(remove('{"l": ["x", /* y */ "y", "z"]}', 'l', 1)).toBe('{"l": ["x", /* y */ "z"]}');
    expect(remove('{"l": ["x", "y"]}', 'l', 1)).toBe('{"l": ["x"]}');
  });

  it('leaves a text without the key as it is', () => {
    expect(remove('{"b":2}', 'a')).toBe('{"b":2}');
    expect(remove('{"b":2}', 'a', 'c')).toBe('{"b":2}');
  });
});

describe('setting a value', () => {
  it.each([
    ['tabs', '{\n\t"b": {\n\t\t"c": 1\n\t}\n}', '{\n\t"b": {\n\t\t"c": 1,\n\t\t"a": {\n\t\t\t"n": 1\n\t\t}\n\t}\n}'],
    [
      'four spaces',
      '{\n    "b": {\n        "c": 1\n    }\n}',
      '{\n    "b": {\n        "c": 1,\n        "a": {\n            "n": 1\n        }\n    }\n}',
    ],
    ['CRLF', '{\r\n  "b": {\r\n    "c": 1\r\n  }\r\n}', '{\r\n  "b": {\r\n    "c": 1,\r\n    "a": {\r\n      "n": 1\r\n    }\r\n  }\r\n}'],
  ])('indents as the file does: %s', (_, text, expected) => {
    expect(set(text, '{"n":1}', 'b', 'a')).toBe(expected);
  });

  it('keeps the digits of numbers, and texts that look like a pattern', () => {
    const edited = set('{}', '{"id":12345678901234567890,"price":1.10,"text":"$& $1"}', 'a');
    expect(edited).toContain('12345678901234567890');
    expect(edited).toContain('1.10');
    expect(parse(edited).a.text).toBe('$& $1');
  });

  it('appends to a list, and keeps comments and a trailing comma', () => {
    expect(parse(set('{"l": []}', '"x"', 'l', 0)).l).toEqual(['x']);
    const edited = set('{\n  "l": [\n    "x", // about x\n  ]\n}', '"y"', 'l', 1);
    expect(edited).toContain('// about x');
    expect(parse(edited, [], { allowTrailingComma: true }).l).toEqual(['x', 'y']);
  });

  it('creates the objects above it, and replaces a value', () => {
    expect(JSON.parse(set('{}', 'false', 'plugins', '__proto__', 'enabled'))).toEqual(
      JSON.parse('{"plugins":{"__proto__":{"enabled":false}}}'),
    );
    expect(set('{"a":{"b":[1]}}', 'true', 'a')).toMatch(/^\{\s*"a": ?true\s*\}$/);
  });
});
