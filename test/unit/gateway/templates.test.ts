import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchTemplate } from '../../../src/gateway/view/templates.ts';
import { cpuMs } from '../../support/cpu-time.ts';

describe('matchTemplate', () => {
  it.each([
    ['a://{id}', 'a://7', { id: '7' }],
    ['a://{id}/data', 'a://x%20y/data', { id: 'x y' }],
    ['a://{x}-{y}', 'a://1-2-3', { x: '1', y: '2-3' }],
    ['file:///{+path}', 'file:///a/b/c', { path: 'a/b/c' }],
    ['r://{owner}/{path*}/t', 'r://me/a/b/t', { owner: 'me', path: 'a/b' }],
    ['a://x{/y,z}', 'a://x/1/2', { y: '1', z: '2' }],
    ['a://x{/rest*}', 'a://x/1/2', { rest: '1/2' }],
    ['a://{file}{.type}', 'a://x.md', { file: 'x', type: 'md' }],
    ['a://x{#part}', 'a://x#y/z', { part: 'y/z' }],
    ['a://{x,y}', 'a://1,2', { x: '1', y: '2' }],
    ['a://{user-id:3}', 'a://abc', { 'user-id': 'abc' }],
    ['a://{id}{?q,limit}', 'a://7', { id: '7' }],
    ['a://{id}{?q,limit}', 'a://7?limit=5&q=a+b%2F', { id: '7', q: 'a b/', limit: '5' }],
    ['a://x?fixed=1{&q}', 'a://x?fixed=1&q=2', { q: '2' }],
    ['plain', 'plain', {}],
  ])('matches %s with %s', (template, uri, values) => {
    expect(matchTemplate(template, uri)).toEqual(values);
  });

  it.each([
    ['a://{__proto__}', 'a://7'],
    ['a://x{?__proto__}', 'a://x?__proto__=7'],
  ])('accepts a variable of any name: %s', (template, uri) => {
    expect(JSON.stringify(matchTemplate(template, uri))).toBe('{"__proto__":"7"}');
  });

  it.each([
    ['a://{id}', 'a://'],
    ['a://{id}', 'a://x/y'],
    ['a://{id}/data', 'a://x/data/more'],
    ['a://{id}', 'b://x'],
    ['a://{id}', 'a://%zz'],
    ['r://{owner}/{path*}/t', 'r://me/t'],
    ['a://{id}{?q}', 'a://x/y?q=1'],
    ['a://x?fixed=1{&q}', 'a://x?fixed=2&q=2'],
    ['plain', 'plainer'],
  ])('does not match %s with %s', (template, uri) => {
    expect(matchTemplate(template, uri)).toBeUndefined();
  });

  it('is fast for adversarial addresses', { tags: ['F18'] }, async () => {
    const template = `a://${Array.from({ length: 50 }, (_, i) => `{v${i}}a`).join('')}`;
    const address = `a://${'a'.repeat(100_000)}b`;
    expect(await cpuMs(() => matchTemplate(template, address))).toBeLessThan(200);
  });

  it('returns the values that were filled in', () => {
    const word = fc.string({ minLength: 1 }).filter((s) => !/[\ud800-\udfff]/.test(s));
    fc.assert(
      fc.property(
        word,
        word,
        (a, b) =>
          void expect(matchTemplate('t://{a}/sep/{b}', `t://${encodeURIComponent(a)}/sep/${encodeURIComponent(b)}`)).toEqual({ a, b }),
      ),
    );
  });
});
