import { describe, expect, it } from 'vitest';
import { answerStore } from '../../../adapters/ethos/offer/kept-values.ts';
import { completeHint } from '../../../adapters/ethos/offer/prompts.ts';
import { openVault } from '../../../adapters/ethos/offer/vault.ts';
import { createSecretsResolver } from '../../../adapters/ethos/runtime/capabilities/secrets-resolver.ts';
import { fillPrompt, parseArguments } from '../../../adapters/ethos/runtime/hooks/commands.ts';
import type { PluginStore } from '../../../src/core/contract/plugin-store.ts';

function createKeep(): PluginStore {
  const kept = new Map<string, string>();
  return {
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
    add: (key, value) => !kept.has(key) && kept.set(key, value) !== undefined,
    delete: (key) => void kept.delete(key),
    entries: () => new Map(kept),
    secrets: { get: () => undefined, set: () => undefined, delete: () => undefined },
  };
}

describe('answerStore', () => {
  it('separates scopes, lists by prefix and expires entries', () => {
    const keep = createKeep();
    let now = 0;
    const ask = (method: string, params: object) => answerStore(keep, method, params as never, () => now);
    ask('kv.set', { scope: 'tool:a', key: 'x1', value: '1' });
    ask('kv.set', { scope: 'tool:a', key: 'x2', value: '2', ttl: 10 });
    ask('kv.set', { scope: 'tool:a"x', key: 'x3', value: '3' });
    ask('kv.set', { scope: 'tool:a', key: 'y\0"z', value: '4' });
    expect(ask('kv.list', { scope: 'tool:a', prefix: 'x' })).toEqual(['x1', 'x2']);
    expect(ask('kv.list', { scope: 'tool:a', prefix: 'y' })).toEqual(['y\0"z']);
    expect(ask('kv.get', { scope: 'tool:b', key: 'x1' })).toBeNull();
    now = 10_000;
    expect([ask('kv.get', { scope: 'tool:a', key: 'x2' }), ask('kv.list', { scope: 'tool:a', prefix: 'x' })]).toEqual([null, ['x1']]);
    ask('kv.delete', { scope: 'tool:a', key: 'x1' });
    expect(ask('kv.list', { scope: 'tool:a', prefix: 'x' })).toEqual([]);
    expect(() => ask('kv.set', { scope: 's', key: 'k', value: 'x'.repeat(2_000_000) })).toThrow('1 MiB');
  });
});

describe('openVault', () => {
  it("prefers the plugin's value until the file changes", () => {
    const keep = createKeep();
    openVault(keep, 'p', { KEY: 'file', 'other/ref': 'full' }).set('KEY', 'written');
    const again = openVault(keep, 'p', { KEY: 'file', 'other/ref': 'full' });
    expect([again.secrets(), again.references(), again.takeChanged()]).toEqual([
      { KEY: 'written' },
      { 'plugins/p/KEY': 'written', 'other/ref': 'full' },
      [],
    ]);
    const newer = openVault(keep, 'p', { KEY: 'newer' });
    expect([newer.secrets(), newer.takeChanged(), newer.takeChanged()]).toEqual([{ KEY: 'newer' }, ['KEY'], []]);
  });
});

describe('createSecretsResolver', () => {
  const get = (declared: string[], ref: unknown) =>
    (createSecretsResolver(declared, { 'a/b': '1', 'a/b/c': '2', 'ab/c': '3' }) as { get(ref: unknown): Promise<string> }).get(ref);
  it.each([
    [['a/b'], 'a/b', '1'],
    [['a/*'], 'a/b', '1'],
    [['a/*'], 'a/b/c', '2'],
    [['a/b'], 'a/b/c', 'SECRET_NOT_DECLARED'],
    [['a/*'], 'ab/c', 'SECRET_NOT_DECLARED'],
    [['a/*'], 'a/../ab/c', 'SECRET_NOT_DECLARED'],
    [['a/*'], 'a//b', 'SECRET_NOT_DECLARED'],
    [['a/*'], 'a/./b', 'SECRET_NOT_DECLARED'],
    [['a/*'], 'a/none', 'SECRET_NOT_SET'],
    [['constructor'], 'constructor', 'SECRET_NOT_SET'],
    [[], 7, 'SECRET_NOT_DECLARED'],
  ])('with %j declared, %j is %s', async (declared, ref, expected) => {
    const got = await get(declared, ref).catch((error: Error) => error.message);
    expect(got.split(':')[0]).toBe(expected);
    if (typeof ref === 'string' && ref.length > 4) expect(got).not.toContain(ref);
  });
});

describe('commands', () => {
  it('parses arguments', () => {
    expect(parseArguments('a --k=v  b --flag --x=1=2')).toEqual({
      raw: 'a --k=v  b --flag --x=1=2',
      positional: ['a', 'b', '--flag'],
      named: { k: 'v', x: '1=2' },
    });
  });
  it('fills prompts', () => {
    expect(fillPrompt('$2 $1 $10 $ARGUMENTS $x', 'a b c d e f g h i j')).toBe('b a j a b c d e f g h i j $x');
    expect(fillPrompt('$1', '$2 $1')).toBe('$2');
  });
  it.each([
    ['<on|off>', 'o', ['on', 'off']],
    ['<on|off>', 'of', ['off']],
    ['<file> [deep|quick]', 'a.ts ', ['a.ts deep', 'a.ts quick']],
    ['<file>', 'a', []],
    ['/status [all|none]', 'n', ['none']],
    ['', 'x', []],
  ])('completes %j after %j', (hint, typed, choices) => expect(completeHint(hint, typed)).toEqual(choices));
});
