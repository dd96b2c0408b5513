import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { loginRecord } from '../../../adapters/mcp/oauth/stored.ts';
import { silentLog } from '../../../src/core/log.ts';
import { openState } from '../../../src/store/open-state.ts';
import { makeStore } from '../../support/damage.ts';
import { tempFolder } from '../../support/temp.ts';

const Libsql = createRequire(import.meta.url)('libsql') as typeof Database;

const URLS = ['https://hub.example/mcp', 'https://gone.example/mcp'] as const;
const tokens = (text: string) => ({ access_token: `access-${text}`, refresh_token: `refresh-${text}`, token_type: 'Bearer' });

/** A store in which the version before keeps two logins as plain text. */
function oldStore(dir: string): string {
  const file = makeStore(dir);
  const db = new Libsql(file);
  for (const [i, url] of URLS.entries())
    db.exec(
      `INSERT INTO entry VALUES ('plugin:server${i}', 'login ${url}', '${JSON.stringify({ id: 'x', tokens: tokens(`plain${i}`) })}')`,
    );
  db.exec("INSERT INTO entry VALUES ('plugin:other', 'login page', 'not a login')");
  db.close();
  return file;
}

const open = (dir: string) => {
  const { store, pluginStore } = openState(dir, silentLog, () => undefined, {});
  const login = (i: 0 | 1) => loginRecord(pluginStore(`server${i}`), new URL(URLS[i]), () => undefined);
  return { store, pluginStore, login };
};

function holds(dir: string, text: string): boolean {
  return readdirSync(dir).some((name) => name !== 'key' && readFileSync(join(dir, name)).includes(text));
}

describe('a login at an upstream server', () => {
  it('of the version before is encrypted at the first use of any, and is read as before', { tags: ['store-sealed'] }, () => {
    const dir = tempFolder();
    oldStore(dir);
    const state = open(dir);
    expect(state.store.keys('plugin:server0')).toHaveLength(1);
    expect(holds(dir, 'refresh-plain1')).toBe(true);
    expect(state.login(0).read()?.tokens).toEqual(tokens('plain0'));
    // Also in the write-ahead log of the store that is still open.
    for (const text of ['refresh-plain0', 'refresh-plain1', 'access-plain0']) expect([text, holds(dir, text)]).toEqual([text, false]);
    expect(state.login(1).which()).toBe('x');
    expect([...state.store.entries('plugin:server0').keys(), ...state.store.keys('plugin:other')]).toEqual(['login page']);
    state.store.close();
    const again = open(dir);
    expect(again.login(1).read()?.tokens).toEqual(tokens('plain1'));
    again.store.close();
  });

  it('of an older gateway on the same folder replaces an earlier one', { tags: ['store-sealed', 'store-migrates'] }, () => {
    const dir = tempFolder();
    oldStore(dir);
    const state = open(dir);
    state.login(0).write({ id: 'y', tokens: tokens('sealed') as never });
    const text = JSON.stringify({ id: 'z', tokens: tokens('later') });
    state.store.set('plugin:server0', `login ${URLS[0]}`, text);
    const other = open(dir);
    expect([other.login(0).which(), state.login(0).which(), other.login(0).text()]).toEqual(['z', 'z', text]);
    expect(holds(dir, 'refresh-later')).toBe(false);
    for (const { store } of [state, other]) store.close();
  });

  it('is deleted wherever it is, and creates no file if there is none', { tags: ['store-sealed'] }, () => {
    const dir = tempFolder();
    open(dir).login(0).forget();
    expect([open(dir).login(0).read(), readdirSync(dir)]).toEqual([undefined, []]);
    oldStore(dir);
    const state = open(dir);
    state.login(0).forget();
    expect([state.login(0).read(), state.login(1).which()]).toEqual([undefined, 'x']);
    state.login(1).forget();
    expect(state.login(1).read()).toBeUndefined();
    expect(holds(dir, 'refresh-plain')).toBe(false);
    state.store.close();
  });

  it('of the version before still works if it cannot be encrypted; a new one is then not stored', { tags: ['store-sealed'] }, () => {
    const dir = tempFolder();
    oldStore(dir);
    mkdirSync(join(dir, 'key/in-the-way'), { recursive: true });
    const state = open(dir);
    expect(state.login(0).read()?.tokens).toEqual(tokens('plain0'));
    expect(() => state.login(1).write({ tokens: tokens('new') as never })).toThrow(
      expect.objectContaining({ code: 'STATE_STORE_UNAVAILABLE' }),
    );
    expect(state.login(1).read()?.tokens).toEqual(tokens('plain1'));
    expect(holds(dir, 'refresh-new')).toBe(false);
    state.store.close();
  });

  it('is not among the settings of its plugin, nor can a setting replace it', { tags: ['store-sealed', 'store-settings'] }, () => {
    const dir = tempFolder();
    const { store, pluginStore, settings } = openState(dir, silentLog, () => undefined, {});
    pluginStore('p').secrets.set('login x', 'token');
    settings.setSecret('p', 'login x', 'setting', 'test');
    expect([pluginStore('p').secrets.get('login x'), settings.secret('p', 'login x')]).toEqual(['token', 'setting']);
    expect([[...settings.secrets('p').keys()], settings.secret('p', ':login x')]).toEqual([['login x'], undefined]);
    store.close();
  });
});
