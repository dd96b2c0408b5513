import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { revisionOf } from '../../../src/registry/settings/read-settings.ts';
import { createSealer } from '../../../src/store/seal.ts';
import { createPluginSettings } from '../../../src/store/settings.ts';
import { createStateFile } from '../../../src/store/state-file.ts';
import { createStateKey } from '../../../src/store/state-key.ts';
import { tempFolder } from '../../support/temp.ts';

function open(dir: string, env: NodeJS.ProcessEnv = {}) {
  const lines: string[] = [];
  const log = { ...silentLog, warn: (line: string) => void lines.push(line) };
  const file = createStateFile(dir);
  const sealer = createSealer({ env, stateKey: createStateKey(dir), syncKey: () => undefined, log, hide: () => undefined });
  return { file, lines, ...createPluginSettings(file, sealer, () => 7) };
}

describe('settings of a plugin in the store', () => {
  it('are read by another gateway as they were saved, and are deleted by undefined', { tags: ['store-settings'] }, () => {
    const dir = tempFolder();
    const store = open(dir);
    expect([store.settings('p').size, store.secrets('p').size, store.secret('p', 'a')]).toEqual([0, 0, undefined]);
    expect(readdirSync(dir)).toEqual([]);
    store.save('p', { settings: { mode: 'append', list: [1, null, { a: 'ü' }], gone: true }, secrets: { apiKey: 'k1' } }, 'console:local');
    store.setSetting('p', 'gone', undefined, 'x');
    store.setSetting('p', 'mode', 'replace', 'console:anna');
    store.setSecret('p', 'apiKey', 'k2', 'console:anna');
    const other = open(dir);
    expect(Object.fromEntries(other.settings('p'))).toEqual({
      mode: { value: 'replace', at: 7, by: 'console:anna' },
      list: { value: [1, null, { a: 'ü' }], at: 7, by: 'console:local' },
    });
    expect(Object.fromEntries(other.secrets('p'))).toEqual({
      apiKey: { value: 'k2', at: 7, by: 'console:anna', nonce: expect.any(String) },
    });
    expect([other.secret('p', 'apiKey'), other.secret('q', 'apiKey'), other.settings('q').size]).toEqual(['k2', undefined, 0]);
    other.setSecret('p', 'apiKey', undefined, 'x');
    expect(store.secret('p', 'apiKey')).toBeUndefined();
    for (const { file } of [store, other]) file.close();
  });

  it('have another revision and stamp after each change, also within one millisecond', { tags: ['store-settings'] }, () => {
    const store = open(tempFolder());
    const seen = new Set([`${revisionOf('p', store)} ${store.stamp()}`]);
    const changes: (() => void)[] = [
      () => store.setSetting('p', 'mode', 'append', 'x'),
      () => store.setSetting('p', 'mode', 'replace', 'x'),
      () => store.setSecret('p', 'key', 'k1', 'x'),
      () => store.setSecret('p', 'key', 'k2', 'x'),
      () => store.setSecret('p', 'key', 'k2', 'x'),
      () => store.setSetting('p', 'mode', undefined, 'x'),
    ];
    for (const [i, change] of changes.entries()) {
      const [revision, stamp] = [revisionOf('p', store), store.stamp()];
      change();
      expect([revisionOf('p', store) === revision, store.stamp() === stamp], `change ${i}`).toEqual([false, false]);
      seen.add(`${revisionOf('p', store)} ${store.stamp()}`);
    }
    expect(seen.size).toBe(changes.length + 1);
    store.file.close();
  });

  it('are saved all together or not at all', { tags: ['store-settings'] }, () => {
    const store = open(tempFolder());
    store.save('p', { settings: { a: 1 } }, 'x');
    expect(() => store.save('p', { settings: { a: 2 }, secrets: { ':login': 'x' } }, 'x')).toThrow(/reserved/);
    expect(() => store.save('p', { settings: { a: 2 }, secrets: { b: 1n as never } }, 'x')).toThrow();
    expect(store.settings('p').get('a')?.value).toBe(1);
    store.save('p', { settings: { a: 3 } }, 'x');
    expect(store.settings('p').get('a')?.value).toBe(3);
    store.file.close();
  });
});

describe('a stored secret', () => {
  const odd = ['p|q', 'p', '', 'ü\u0000"\\', '\u202e', "'; DROP TABLE secret; --", 'x'.repeat(300)];

  it('is in no file as plain text, and is kept apart by plugin and key with any characters', { tags: ['store-sealed'] }, () => {
    const dir = tempFolder();
    const store = open(dir);
    for (const plugin of odd) for (const key of odd) store.setSecret(plugin, key, `plain-secret ${plugin} ${key}`, 'x');
    store.file.close();
    for (const name of readdirSync(dir)) expect(readFileSync(join(dir, name)).includes('plain-secret')).toBe(false);
    const again = open(dir);
    for (const plugin of odd) for (const key of odd) expect(again.secret(plugin, key)).toBe(`plain-secret ${plugin} ${key}`);
    again.file.close();
  });

  it('counts as missing for another plugin or key, or if it was changed', { tags: ['store-sealed'] }, () => {
    const store = open(tempFolder());
    store.setSecret('p|q', 'r', 'one', 'x');
    store.file.write((db) => db.exec("UPDATE secret SET plugin = 'p', key = 'q|r'"));
    expect(store.secret('p', 'q|r')).toBeUndefined();
    store.setSecret('p', 'a', 'one', 'x');
    store.file.write((db) => db.exec("UPDATE secret SET sealed = substr(sealed, 1, 3) WHERE key = 'a'"));
    expect(store.secrets('p').get('a')?.value).toBeUndefined();
    expect(store.lines).toHaveLength(1);
    store.file.close();
  });

  it('counts as missing under another key, which is logged once; the earlier key reads it again', { tags: ['store-sealed'] }, () => {
    const dir = tempFolder();
    const [one, two] = [0, 1].map(() => ({ PLUGMUX_KEY: randomBytes(32).toString('base64') }));
    const first = open(dir, one);
    first.setSecret('p', 'a', 'sealed with one', 'x');
    first.setSecret('p', 'b', 'sealed with one', 'x');
    const second = open(dir, two);
    expect([second.secret('p', 'a'), second.secrets('p').get('b')]).toMatchObject([undefined, { value: undefined, at: 7, by: 'x' }]);
    expect(second.lines).toEqual([expect.stringContaining('PLUGMUX_KEY')]);
    expect(open(dir).secret('p', 'a')).toBeUndefined();
    second.setSecret('p', 'b', 'sealed with two', 'x');
    expect([first.secret('p', 'a'), first.secret('p', 'b'), second.secret('p', 'b')]).toEqual([
      'sealed with one',
      undefined,
      'sealed with two',
    ]);
    for (const { file } of [first, second]) file.close();
  });
});

describe('PLUGMUX_KEY', () => {
  const key = Buffer.alloc(32, 0xfb).toString('base64');

  it.each([
    ['is empty', ''],
    ['ends in a newline', `${key}\n`],
    ['begins with a space', ` ${key}`],
    ['is too short', Buffer.alloc(31, 1).toString('base64')],
    ['is too long', Buffer.alloc(33, 1).toString('base64')],
    ['is URL-safe base64', Buffer.alloc(32, 0xfb).toString('base64url')],
    ['lacks its padding', key.slice(0, -1)],
    ['is hexadecimal', Buffer.alloc(32, 1).toString('hex')],
    ['is not canonical', `${key.slice(0, -2)}/=`],
    ['is a passphrase', 'correct horse battery staple'],
  ])('is refused if it %s, without its value', { tags: ['store-sealed'] }, (_, text) => {
    const create = () =>
      createSealer({
        env: { PLUGMUX_KEY: text },
        stateKey: () => undefined,
        syncKey: () => undefined,
        log: silentLog,
        hide: () => undefined,
      });
    expect(create).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('PLUGMUX_KEY') }));
    try {
      create();
    } catch (error) {
      if (text.length > 10) expect(String((error as Error).message)).not.toContain(text.trim().slice(0, 10));
    }
  });

  it('replaces the key of the state folder, which is then not created', { tags: ['store-sealed'] }, () => {
    const dir = tempFolder();
    const store = open(dir, { PLUGMUX_KEY: key });
    store.setSecret('p', 'a', 'x', 'x');
    expect(store.secret('p', 'a')).toBe('x');
    store.file.close();
    expect(readdirSync(dir)).not.toContain('key');
  });
});
