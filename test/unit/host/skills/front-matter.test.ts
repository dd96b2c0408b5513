import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readFrontMatter } from '../../../../src/host/skills/front-matter.ts';

const file = (...lines: string[]): string => ['---', ...lines, '---', 'Body', ''].join('\n');

describe('front matter', () => {
  it('is read exactly, with a byte order mark and CRLF', () => {
    const read = readFrontMatter(`\ufeff${file('name: pdf', 'metadata:', '  version: "1.0"').replaceAll('\n', '\r\n')}`);
    expect(read).toEqual({
      fields: { name: 'pdf', metadata: { version: '1.0' } },
      isExact: true,
      repairs: [],
      body: 'Body\n',
      bodyLine: 6,
    });
  });

  it.each([
    ['a colon without quotes', ['name: a', 'description: Use when: testing'], 3, { name: 'a', description: 'Use when: testing' }],
    [
      'a colon in a nested value',
      ['name: a', 'metadata:', '  when: now: or never', '  w: x'],
      4,
      { name: 'a', metadata: { when: 'now: or never', w: 'x' } },
    ],
    [
      'a colon in a value over several lines',
      ['name: a', 'description: First', '  for: this and', '  for: that', 'license: MIT'],
      3,
      { name: 'a', description: 'First for: this and for: that', license: 'MIT' },
    ],
    ['brackets side by side', ['argument-hint: [issue] [label]'], 2, { 'argument-hint': '[issue] [label]' }],
    ['text after quotes', ['description: "Fast" and good'], 2, { description: '"Fast" and good' }],
    ['a reserved first character', ['description: @mention people'], 2, { description: '@mention people' }],
    ['an asterisk that is no alias', ['description: *very* good'], 2, { description: '*very* good' }],
    ['an apostrophe before a colon', ["description: it's: fine"], 2, { description: "it's: fine" }],
  ])('with %s is repaired and reported with its line', { tags: ['skills-repairs'] }, (_, lines, line, fields) => {
    const read = readFrontMatter(file(...lines));
    expect(read.fields).toEqual(fields);
    expect(read.isExact).toBe(false);
    expect(read.repairs.map((repair) => repair.line)).toEqual([line]);
    expect(read.body).toBe('Body\n');
  });

  it('with two faults is repaired in both lines', () => {
    const { repairs, fields } = readFrontMatter(file('name: a', 'description: x: y', 'license: MIT', 'compatibility: a: b'));
    expect(repairs.map(({ line }) => line)).toEqual([3, 5]);
    expect(fields).toEqual({ name: 'a', description: 'x: y', license: 'MIT', compatibility: 'a: b' });
  });

  it.each([
    ['a tab', ['name: a', '\tdescription: b'], 3],
    ['a key twice', ['name: a', 'name: b'], 3],
    ['an alias bomb', ['a: &a [x,x,x,x,x]', 'b: &b [*a,*a,*a,*a,*a]', 'c: &c [*b,*b,*b,*b,*b]', 'd: [*c,*c,*c,*c,*c]'], 2],
  ])('with %s is not read as YAML', (_, lines, line) => {
    const read = readFrontMatter(file(...lines));
    expect(read.isExact).toBe(false);
    expect(read.repairs.at(-1)).toMatchObject({ line, message: expect.stringContaining('cannot be read') });
  });

  it('that cannot be read still shows what single lines say', () => {
    const { fields } = readFrontMatter(file('name: careful', 'disable-model-invocation: true', '\tx: y'));
    expect(fields).toEqual({ name: 'careful', 'disable-model-invocation': 'true' });
  });

  it('without an end, or absent, leaves the whole text as the body', () => {
    expect(readFrontMatter('---\nname: a\n')).toMatchObject({ fields: {}, isExact: false, body: '---\nname: a\n' });
    expect(readFrontMatter('# Title\n')).toMatchObject({ fields: {}, isExact: false, repairs: [{ line: 1 }], body: '# Title\n' });
  });

  it('with numbers that JSON cannot hold is not exact', () => {
    for (const value of ['.nan', '12345678901234567890', '!!js/function x'])
      expect(readFrontMatter(file('name: a', `x: ${value}`)).isExact).toBe(false);
  });

  it('of any text is read without an error, and exactly only if YAML agrees', () => {
    const line = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.tuple(fc.constantFrom('name', 'description', ' a', '- b'), fc.string({ maxLength: 30 })).map(([key, value]) => `${key}: ${value}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const yaml = lines.join('\n').replace(/\r/g, '');
        const read = readFrontMatter(`---\n${yaml}\n---\nBody`);
        if (read.isExact && !/^---[\t ]*$/m.test(yaml)) expect(read.fields).toEqual(JSON.parse(JSON.stringify(parse(yaml) ?? {})));
      }),
      { numRuns: 500 },
    );
  });
});
