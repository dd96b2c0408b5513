import { expect, it } from 'vitest';
import { mergeValues } from '../../../../dist/src/registry/settings/merge-values.js';
import { readSettings } from '../../../../dist/src/registry/settings/read-settings.js';
import { saveSettings } from '../../../../dist/src/registry/settings/save-settings.js';

const SETTINGS = {
  type: 'object',
  properties: { program: { type: 'string', 'x-command': true }, login: { type: 'string', readOnly: true }, plain: { type: 'string' } },
};
const row = (value: string) => ({ value, at: 1, by: 'test' });
const STORED = {
  settings: new Map(['program', 'login', 'plain', 'gone', '__proto__'].map((key) => [key, row(`stored ${key}`)])),
  secrets: new Map(),
};
const CONFIG = { values: {}, at: () => 'mcp.json:1:1', refersToEnv: () => false } as never;
const source = { settings: () => STORED.settings, secrets: () => STORED.secrets };

it('a setting that occurs in a command is set by mcp.json only', { tags: ['settings-stored'] }, () => {
  const view = readSettings({ id: 'p', entry: 'p', settings: SETTINGS, settingsAt: undefined }, CONFIG, source);
  expect(view?.settings.map(({ key, source, fixed }) => [key, source, fixed])).toEqual([
    ['program', 'unset', 'only-file'],
    ['login', 'unset', 'only-file'],
    ['plain', 'console', undefined],
  ]);
  const save = (values: object) =>
    saveSettings(
      { save: () => expect.fail('saved') } as never,
      'p',
      view as never,
      { revision: view?.revision ?? '', values: values as never, secrets: {} },
      'me',
    );
  for (const values of [{ program: 'rm' }, { plain: 'x', login: 'y' }])
    expect(() => save(values)).toThrow(expect.objectContaining({ code: 'FIXED_BY_FILE' }));
  // Nor does a value that was stored before the setting occurred in a command, or that the plugin no longer declares, reach it.
  const entry = { settings: {}, credentials: {}, isolation: 'process', cwd: '/', env: {}, options: {} } as const;
  const merged = mergeValues(STORED, { settings: SETTINGS } as never, 'p', entry as never, CONFIG, () => undefined);
  expect(merged.settings).toEqual({ plain: 'stored plain' });
});
