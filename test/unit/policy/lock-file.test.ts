import { expect, it } from 'vitest';
import { ExactNumber } from '../../../src/core/json/exact-number.ts';
import { readLock, toLock, writeLock } from '../../../src/policy/lock-file.ts';
import { compareSchemas } from '../../../src/policy/schema-changes.ts';
import type { Catalogue } from '../../../src/registry/catalogue/catalogue.ts';

const entryOf = (name: string, input: object, description = 'A tool') =>
  ({ name, plugin: { id: 'p', digest: 'd' }, tool: { name, hints: { readOnly: true } }, description, input, others: [] }) as never;
const catalogueOf = (entries: readonly never[]): Catalogue =>
  ({ tools: new Map(entries.map((entry, at) => [String(at), entry])), prompts: new Map(), skills: new Map(), instructions: [] }) as never;

it('a lock file keeps odd definitions exactly', { tags: ['lock-withheld'] }, () => {
  const odd = JSON.parse(
    '{"__proto__":{"a":1},"10":2,"2":[null,-0,1e21],"x\\ud800":"\\u202e\\u{200b}"}'.replace('\\u{200b}', '\\u200b'),
  ) as object;
  const entries = [
    entryOf('exact', { maximum: new ExactNumber('9007199254740993'), multipleOf: new ExactNumber('1.0') }),
    entryOf('__proto__', odd, 'reads \u202esecrets \ud800'),
    ...Array.from({ length: 1_000 }, (_, at) => entryOf(`tool ${at}`, { type: 'object', properties: { [`p${at}`]: { const: at } } })),
  ];
  const lock = toLock(catalogueOf(entries));
  const text = writeLock(lock);
  expect(text).toContain('9007199254740993');
  expect(text).toContain('\\u202e');
  expect(text).not.toMatch(/[\u202e\u200b]/);
  const read = readLock(text);
  expect(read.get('p')?.tools.size).toBe(1_002);
  for (const [name, { surface }] of lock.get('p')?.tools ?? []) expect(read.get('p')?.tools.get(name)?.surface).toBe(surface);
  expect(writeLock(read)).toBe(text);
});

it('differences of schemas name the property and what has changed', () => {
  const before = { type: 'object', properties: { a: { type: 'string', enum: ['x'] }, b: {} }, required: ['a'] };
  const after = {
    type: 'object',
    properties: { a: { type: ['string', 'null'], enum: ['x', 'y'] }, c: { type: 'number' } },
    required: ['c'],
  };
  const lines = compareSchemas({ input: before }, { input: after }).map(({ path, what }) => `${path}: ${what}`);
  expect(lines).toEqual([
    'input.a.type: + "null"',
    'input.a.enum: + "y"',
    'input.b: removed, was {}',
    'input.c: added: {"type":"number"}',
    'input.c: now required',
    'input.a: no longer required',
  ]);
  expect(compareSchemas({ a: 1, b: 2 }, { b: 2, a: 1 })).toEqual([{ path: '(root)', what: 'the same members in another order' }]);
});
