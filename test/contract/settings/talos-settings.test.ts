import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { talos } from '../../../dist/adapters/talos/adapter.js';
import { openApp } from '../../support/app.ts';
import { run } from '../../support/gateway.ts';
import { writePlugin } from '../../support/talos.ts';
import { tempFolder } from '../../support/temp.ts';

const MANIFEST = {
  settings: [
    { name: 'sides', label: 'Sides', type: 'number', default: '6', description: 'Of a die' },
    { name: 'loud', label: 'Loud', type: 'boolean', default: 'false' },
    { name: 'mode', label: 'Mode', type: 'select', options: ['append', 'replace'], default: 'append' },
    { name: 'root', label: 'Folder', type: 'string', default: '' },
    { name: 'odd', label: 'Odd', type: 'number', default: 'many' },
    { name: 'pin', label: 'PIN', type: 'string', secret: true, default: '' },
    { name: 'constructor', label: 'Constructor', type: 'string' },
  ],
  credentials: [
    { name: 'key', label: 'Key', description: 'From the site', required: true },
    { name: 'server', label: 'Server', secret: false },
  ],
  oauth: {},
};
const FILES = { 'index.ts': 'export const handlers = { run: (_: object, config: object) => JSON.stringify(config) };' };

it('declares settings and credentials with type, choices, texts and defaults', { tags: ['settings-shape'] }, async () => {
  const dir = tempFolder();
  writePlugin(dir, 'dice', FILES, MANIFEST);
  const app = await openApp([talos], { plugins: { dice: { path: './dice' } } }, dir);
  expect(app.instance.plugins()[0]?.settings).toEqual({
    type: 'object',
    properties: {
      sides: { title: 'Sides', description: 'Of a die', type: 'number', default: 6 },
      loud: { title: 'Loud', type: 'boolean', default: false },
      mode: { title: 'Mode', type: 'string', enum: ['append', 'replace'], default: 'append' },
      root: { title: 'Folder', type: 'string', default: '' },
      odd: { title: 'Odd', type: 'number', default: 'many' },
      pin: { title: 'PIN', writeOnly: true, type: 'string', default: '' },
      constructor: { title: 'Constructor', type: 'string' },
      key: { title: 'Key', description: 'From the site', writeOnly: true, type: 'string' },
      server: { title: 'Server', type: 'string' },
      refresh_token: expect.objectContaining({ writeOnly: true, readOnly: true }),
    },
    required: ['key', 'refresh_token'],
  });
});

it('lists them in `info`, each with the place of its value and no secret', { tags: ['settings-shown'] }, async () => {
  const dir = tempFolder();
  writePlugin(dir, 'dice', FILES, MANIFEST);
  writeFileSync(
    join(dir, 'mcp.json'),
    `{ "plugins": { "dice": { "path": "./dice",
  "settings": { "sides": 8, "root": "\${env:DICE_ROOT}", "pin": "planted-pin-1" },
  "credentials": { "key": "\${env:DICE_KEY}" } } } }`,
  );
  const env = { DICE_ROOT: 'planted-root-2', DICE_KEY: 'planted-key-3' };
  const text = await run(['info', 'dice'], { cwd: dir, env });
  expect(
    text.stdout
      .match(/^settings .*(?:\n .*)*/m)?.[0]
      .split('\n')
      .map((line) => line.slice(8).trim()),
  ).toEqual([
    'sides = 8 (mcp.json:2:26)',
    'loud = false (default)',
    'mode = "append" (default)',
    'root is set (mcp.json:2:37, from the environment)',
    'odd is not set',
    'pin is set, a secret (mcp.json:2:64)',
    'constructor is not set',
    'key is set, a secret (mcp.json:3:27, from the environment)',
    'server is not set',
    'refresh_token is missing',
  ]);
  expect(text.stdout).toContain('The default of the setting "odd" violates its own schema');
  const json = await run(['info', 'dice', '--json'], { cwd: dir, env });
  expect(JSON.parse(json.stdout).settings[0]).toEqual({
    key: 'sides',
    title: 'Sides',
    description: 'Of a die',
    secret: false,
    required: false,
    source: 'file',
    fixed: 'file',
    at: 'mcp.json:2:26',
    value: 8,
  });
  for (const { stdout, stderr } of [text, json]) expect(stdout + stderr).not.toContain('planted');
});

it('are stored by `settings`, secrets from stdin only', { tags: ['settings-stored'] }, async () => {
  const dir = tempFolder();
  writePlugin(dir, 'dice', FILES, { ...MANIFEST, oauth: undefined });
  writeFileSync(join(dir, 'mcp.json'), '{ "plugins": { "dice": { "path": "./dice", "settings": { "loud": true } } } }');
  const settings = (args: readonly string[], input = '') => run(['settings', 'dice', ...args], { cwd: dir, input });
  const saved = await settings(['sides=8', 'mode=replace', 'root=5', '--secret', 'key'], 'planted-key-4\n');
  expect([saved.code, saved.stdout]).toEqual([0, expect.stringContaining('dice is ready with the new values of sides, mode, root, key.')]);
  expect(await run(['call', 'dice_run'], { cwd: dir })).toMatchObject({ stdout: expect.stringContaining('"sides":"8"') });
  const listed = await settings([]);
  expect(listed.stdout).toContain('sides = 8 (stored)\nloud = true (mcp.json:1:66)\nmode = "replace" (stored)\nroot = "5" (stored)');
  expect(listed.stdout).toContain('key is set, a secret (stored)');
  const cleared = await settings(['--unset', 'sides', '--unset', 'key', '--json']);
  expect(JSON.parse(cleared.stdout)).toMatchObject({ plugin: 'dice', changed: ['sides', 'key'], state: 'needs-config', needs: ['key'] });
  for (const [args, code, text] of [
    [['loud=false'], 1, 'FIXED_BY_FILE'],
    [['sides=many'], 1, 'SETTINGS_INVALID'],
    [['sides'], 2, 'no "="'],
    [['--secret', 'key'], 2, 'stdin has no value'],
    [['--unset', 'nothing'], 2, 'no setting "nothing"'],
  ] as const) {
    const refused = await settings(args);
    expect([refused.code, refused.stderr]).toEqual([code, expect.stringContaining(text)]);
  }
  for (const { stdout, stderr } of [saved, listed, cleared]) expect(stdout + stderr).not.toContain('planted');
});
