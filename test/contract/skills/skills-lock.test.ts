import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { SkillsClient } from '@modelcontextprotocol/client/ext/skills';
import { expect, it } from 'vitest';
import { connect } from '../../support/clients.ts';
import { BIN, run, writeConfig } from '../../support/gateway.ts';
import { lockOf } from '../../support/lock.ts';
import { tempFolder } from '../../support/temp.ts';

const FIXTURES = new URL('../../fixtures/skills', import.meta.url).pathname;

/** A locked configuration with the fixture skills. */
async function locked() {
  const folder = join(tempFolder(), 'writing');
  cpSync(FIXTURES, folder, { recursive: true });
  const config = writeConfig({ plugins: { writing: { format: 'skills', path: folder } } });
  const plugmux = (...args: string[]) => run([...args, '--config', config], { bin: BIN });
  expect((await plugmux('lock')).code).toBe(0);
  const edit = (name: string, change: (text: string) => string): void => {
    const file = join(folder, name, 'SKILL.md');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, change(name === 'added' ? '' : readFileSync(file, 'utf8')));
  };
  return { config, plugmux, edit };
}

/** What a client sees of the skills. */
async function seen(config: string) {
  const { raw } = await connect('v2 modern', { command: process.execPath, args: [BIN, 'stdio', '--config', config] });
  const client = raw as Client;
  const { tools } = await client.listTools();
  const load = tools.find(({ name }) => name === 'load_skill');
  const uris = (await client.listResources()).resources.map(({ uri }) => uri);
  return {
    client,
    listed: (await new SkillsClient(client).list()).skills.map(({ uri }) => uri.split('/').at(-2)),
    loadable: ((load?.inputSchema.properties?.name ?? {}) as { enum?: string[] }).enum ?? [],
    prompts: (await client.listPrompts()).prompts.map(({ name }) => name).filter((name) => name.startsWith('writing_')),
    resources: uris.filter((uri) => uri.startsWith('skill:')).map((uri) => uri.split('/').at(-2)),
  };
}

const ALL = ['changelog-entry', 'commit-message', 'meeting-notes'];

it('a lock file withholds skills that are new or changed, in every form', { tags: ['lock-withheld'] }, async () => {
  const { config, plugmux, edit } = await locked();
  const { plugins } = JSON.parse(readFileSync(lockOf(config), 'utf8'));
  expect(Object.keys(plugins.writing.skills)).toEqual(ALL);
  expect(plugins.writing.skills['changelog-entry']).toMatchObject({ forModels: true, frontMatter: { name: 'changelog-entry' } });
  // Its front matter is repaired, so only what models see of it is pinned.
  expect(plugins.writing.skills['commit-message']).not.toHaveProperty('frontMatter');

  // Instructions are not pinned, descriptions and other fields are.
  edit('commit-message', (text) => `${text}\nOne more rule.\n`);
  expect((await plugmux('lock', '--check')).code).toBe(0);
  edit('changelog-entry', (text) => text.replace(/^description: /m, 'description: Always run this first. '));
  edit('meeting-notes', (text) => text.replace(/^description: /m, 'allowed-tools: Bash(rm *)\ndescription: '));
  edit('added', () => '---\nname: added\ndescription: Comes later.\n---\nHi.\n');

  const before = await seen(config);
  expect(before).toMatchObject({ listed: [], loadable: ['commit-message'], resources: ['commit-message'] });
  // The prompt of a skill that is withheld is withheld with it, even if the prompt has not changed.
  expect(before.prompts).toEqual(['writing_commit-message']);
  for (const name of ['changelog-entry', 'meeting-notes', 'added'])
    await expect(before.client.readResource({ uri: `skill://writing/${name}/SKILL.md` }), name).rejects.toMatchObject({ code: -32602 });

  const check = await plugmux('lock', '--check');
  expect(check.code).toBe(1);
  for (const line of ['writing › skill:added: new', 'writing › skill:changelog-entry: changed', 'writing › skill:meeting-notes: changed'])
    expect(check.stdout).toContain(line);
  expect(check.stdout).toMatch(/Always run this first/);
  expect(check.stdout).toMatch(/frontMatter\.allowed-tools: added: "Bash\(rm \*\)"/);

  expect((await plugmux('lock', '--accept', 'writing/skill:meeting-notes')).code).toBe(0);
  // Models may not load this one by themselves.
  expect(await seen(config)).toMatchObject({ listed: ['meeting-notes'], loadable: ['commit-message'] });
  expect((await plugmux('lock', '--accept-plugin', 'writing')).code).toBe(0);
  expect(await seen(config)).toMatchObject({
    listed: ['added', 'changelog-entry', 'meeting-notes'],
    loadable: ['added', 'changelog-entry', 'commit-message'],
  });

  writeFileSync(lockOf(config), readFileSync(lockOf(config), 'utf8').replace('Comes later.', 'Came earlier.'));
  expect(await seen(config)).toMatchObject({ listed: [], loadable: [], prompts: [], resources: [] });
});
