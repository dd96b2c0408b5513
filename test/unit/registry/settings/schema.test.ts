import { describe, expect, it } from 'vitest';
import { createSettingCheck } from '../../../../dist/src/registry/settings/checks.js';
import { readSettings } from '../../../../dist/src/registry/settings/read-settings.js';
import { toSettingsSchema } from '../../../../dist/src/registry/settings/schema.js';

const declare = (properties: object, more: object = {}) => toSettingsSchema({ type: 'object', properties, ...more } as never);
const NO_FILE = { values: {}, at: () => 'mcp.json:1:1', refersToEnv: () => false } as never;
const NOTHING_STORED = { settings: () => new Map(), secrets: () => new Map() };
const read = (settings: unknown) =>
  readSettings({ id: 'p', entry: 'p', settings: settings as never, settingsAt: undefined }, NO_FILE, NOTHING_STORED);

describe('a declaration of settings', { tags: ['settings-shape'] }, () => {
  it.each([
    ['a text', 'x', 'are not a JSON Schema object'],
    ['a list', [{ name: 'a' }], 'are not a JSON Schema object'],
    ['null', null, 'are not a JSON Schema object'],
    ['a schema of a list', { type: 'array', items: {} }, '"type": "object"'],
    ['an endless one', { type: 'object', properties: { a: { description: 'x'.repeat(300_000) } } }, 'exceed the limit'],
  ])('as %s is not used, and says so', (_, declared, why) => {
    const found = toSettingsSchema(declared);
    expect([found?.settings.size, found?.problems]).toEqual([0, [expect.stringContaining(why)]]);
    expect(read(declared)).toMatchObject({ settings: [], problems: [expect.stringContaining(why)] });
  });

  it('that is absent means no settings', () => {
    expect([toSettingsSchema(undefined), read(undefined)]).toEqual([undefined, undefined]);
  });

  it('marks paths that a generator of schemas marked by their format', () => {
    const text = (format: string) => ({ type: 'string', format });
    const properties = {
      a: text('file-path'),
      b: text('directory-path'),
      c: text('uri'),
      d: text('constructor'),
      e: { ...text('file-path'), 'x-path': 'directory' },
    };
    const paths = [...(declare(properties)?.settings ?? [])].map(([key, schema]) => [key, schema['x-path']]);
    expect(Object.fromEntries(paths)).toEqual({ a: 'file', b: 'directory', c: undefined, d: undefined, e: 'directory' });
  });

  it('leaves out single settings that cannot be used', () => {
    const found = toSettingsSchema(
      JSON.parse('{"properties":{"__proto__":{"default":1},"constructor":{"type":"string"},"toString":true,"n":5,"":{},"a\\u200bb":{}}}'),
    );
    expect([...(found?.settings.keys() ?? [])]).toEqual(['constructor', 'toString']);
    expect(found?.problems).toHaveLength(4);
    expect(({} as { default?: unknown }).default).toBeUndefined();
    const check = createSettingCheck(found as never);
    expect([check('constructor', 'x'), check('constructor', 1), check('toString', {}), check('hasOwnProperty', 1)]).toEqual([
      undefined,
      expect.stringContaining('constructor'),
      undefined,
      expect.stringContaining('no setting'),
    ]);
  });

  it('with 10,000 settings keeps the first 500', () => {
    const found = declare(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`s${i}`, {}])));
    expect([found?.settings.size, found?.settings.has('s499'), found?.settings.has('s500')]).toEqual([500, true, false]);
    expect(found?.problems.length).toBeLessThanOrEqual(500);
  });

  it('shows no default that violates its schema', () => {
    const view = read({
      properties: { n: { type: 'integer', default: 'six' }, e: { enum: [1, '1', null], default: 1 }, o: { enum: ['a'], default: 'b' } },
      required: ['o', 'gone'],
    });
    expect(view?.settings.map(({ key, source, value }) => [key, source, value])).toEqual([
      ['n', 'unset', undefined],
      ['e', 'default', 1],
      ['o', 'missing', undefined],
    ]);
    expect(view?.problems).toEqual([expect.stringContaining('"n" violates'), expect.stringContaining('"o" violates')]);
  });

  it('marks texts as secrets by their name, and shows no value of a secret or around one', () => {
    const view = read({
      properties: {
        api_key: { type: 'string', default: 'planted-1' },
        pin: { writeOnly: true, default: 'planted-2', examples: ['planted-3'] },
        token_limit: { type: 'integer', default: 9 },
        login: { type: 'object', properties: { pass: { writeOnly: true } }, default: { pass: 'planted-4' } },
      },
    });
    expect(view?.settings.map(({ key, secret }) => [key, secret])).toEqual([
      ['api_key', true],
      ['pin', true],
      ['token_limit', false],
      ['login', false],
    ]);
    expect(JSON.stringify(view?.settings)).not.toContain('planted');
    expect(JSON.stringify(view?.schema)).not.toMatch(/planted-[123]/);
  });

  it('checks each value by its own schema, references included', () => {
    const found = declare(
      { a: { $ref: '#/$defs/small' }, b: { enum: [1, '1'] }, c: { type: 'string', pattern: '^x' } },
      { $defs: { small: { type: 'integer', maximum: 9 } }, required: ['a', 'b'], minProperties: 3 },
    );
    const check = createSettingCheck(found as never);
    expect([check('a', 5), check('b', 1), check('b', '1'), check('c', 'xy')]).toEqual([undefined, undefined, undefined, undefined]);
    expect([check('a', 10), check('b', 2), check('b', true), check('c', 'y')].every((fault) => typeof fault === 'string')).toBe(true);
  });
});
