import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { SkillsClient } from '@modelcontextprotocol/client/ext/skills';
import { describe, expect, it } from 'vitest';
import { connect, type Generation } from '../../support/clients.ts';
import { BIN, serve, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';

const FIXTURES = new URL('../../fixtures/skills', import.meta.url).pathname;

/** A copy of the fixture skills in a configuration. */
function configured(keys: object = {}, more: object = {}): { file: string; folder: string } {
  const dir = tempFolder();
  const folder = join(dir, 'writing');
  cpSync(FIXTURES, folder, { recursive: true });
  return { file: writeConfig({ plugins: { writing: { format: 'skills', path: folder, ...keys } }, ...more }), folder };
}

const textOf = ({ content }: { readonly content: readonly { readonly text?: string }[] }): string | undefined => content[0]?.text;

async function open(file: string, generation: Generation = 'v2 modern') {
  const client = await connect(generation, { command: process.execPath, args: [BIN, 'stdio', '--config', file] });
  const raw = client.raw as Client;
  return { client, raw, skills: new SkillsClient(raw) };
}

describe.each(['v2 legacy', 'v2 modern'] as const)('skills for a client of SDK %s', (generation) => {
  it('are listed, and every file has the digest of its entry', { tags: ['skills-digests', 'skills-extension'] }, async () => {
    const { skills, raw } = await open(configured().file, generation);
    expect([skills.supported, skills.directoryRead]).toEqual([true, true]);
    const listing = await skills.list();
    // The front matter of commit-message is repaired, so a client could not verify it.
    expect(listing.skills.map(({ uri }) => uri)).toEqual([
      'skill://writing/changelog-entry/SKILL.md',
      'skill://writing/meeting-notes/SKILL.md',
    ]);
    const [skill] = listing.skills;
    if (!skill || skill.resources === 'dynamic') throw new Error('it has no files');
    expect(skill.frontmatter).toMatchObject({ 'allowed-tools': 'Read Bash(python3:*)', metadata: { audience: 'writers' } });
    const files = await Promise.all(skill.resources.map(({ uri }) => skills.read(skill, uri)));
    expect(files.map(({ verified, mimeType }) => [verified, mimeType])).toEqual([
      [true, 'text/markdown'],
      [true, 'image/png'],
      [true, 'text/markdown'],
      [true, 'text/x-python'],
    ]);
    expect((await skills.get(skill.uri)).skill).toEqual(skill);
    expect((await skills.readDirectory('skill://writing/changelog-entry')).resources.map(({ name, mimeType }) => [name, mimeType])).toEqual(
      [
        ['SKILL.md', undefined],
        ['references', 'inode/directory'],
        ['scripts', 'inode/directory'],
      ],
    );
    const { resources } = await raw.listResources();
    expect(resources.map(({ uri }) => uri)).toContain('skill://writing/commit-message/SKILL.md');
  });

  it('that do not exist are errors -32602', async () => {
    const { skills, raw } = await open(configured().file, generation);
    for (const uri of ['skill://writing/none/SKILL.md', 'skill://writing/commit-message/SKILL.md', 'skill://writing/changelog-entry', 'x'])
      await expect(skills.get(uri), uri).rejects.toMatchObject({ code: -32602 });
    for (const uri of [
      'skill://writing/changelog-entry/SKILL.md',
      'skill://writing',
      'skill://writing/changelog-entry/..',
      'skill://writing/changelog-entry/',
    ])
      await expect(skills.readDirectory(`${uri}${uri.endsWith('/') ? '%2e%2e' : ''}`), uri).rejects.toMatchObject({ code: -32602 });
    for (const path of ['none.md', '..%2Fcommit-message%2FSKILL.md', '%2e%2e/commit-message/SKILL.md', 'references', 'SKILL.md?x', '%ff'])
      await expect(raw.readResource({ uri: `skill://writing/changelog-entry/${path}` }), path).rejects.toMatchObject({ code: -32602 });
  });
});

describe('load_skill', () => {
  it('gives the instructions, then a file, to a client that knows only tools', { tags: ['skills-tool'] }, async () => {
    const { client, raw } = await open(configured().file, 'v2 legacy');
    const { tools } = await raw.listTools();
    expect(tools).toMatchObject([{ name: 'load_skill', annotations: { readOnlyHint: true } }]);
    expect(tools[0]?.inputSchema.properties?.name).toMatchObject({ enum: ['changelog-entry', 'commit-message'] });
    expect(tools[0]?.description).toContain('- commit-message: Writes the message of a commit: subject');
    expect(raw.getInstructions()).toContain('changelog-entry, commit-message');
    const loaded = textOf(await client.call('load_skill', { name: 'changelog-entry', arguments: 'a new key' }));
    expect(loaded).toContain('in one sentence, for: a new key');
    expect(loaded).toContain('- references/style.md');
    expect(loaded).toContain('Compatibility: Needs Python 3');
    expect(loaded).not.toContain('license:');
    expect(textOf(await client.call('load_skill', { name: 'changelog-entry', file: './references/style.md' }))).toContain(
      'Begin with what users see',
    );
    expect((await client.call('load_skill', { name: 'changelog-entry', file: '../commit-message/SKILL.md' })).isError).toBe(true);
    expect((await client.call('load_skill', { name: 'meeting-notes' })).isError).toBe(true);
  });

  it('searches if there are more than 50 skills', { tags: ['skills-tool'] }, async () => {
    const { file, folder } = configured();
    for (let i = 0; i < 60; i++) {
      mkdirSync(join(folder, `number-${i}`));
      writeFileSync(
        join(folder, `number-${i}`, 'SKILL.md'),
        `---\nname: number-${i}\ndescription: ${i === 33 ? 'Feeds penguins' : 'Counts'}\n---\nText ${i}`,
      );
    }
    const { client, raw } = await open(file, 'v2 legacy');
    const { tools } = await raw.listTools();
    expect(JSON.stringify(tools[0]?.inputSchema)).not.toContain('enum');
    expect(textOf(await client.call('load_skill', { query: 'penguin' }))).toBe('- number-33: Feeds penguins');
    expect(textOf(await client.call('load_skill', { name: 'number-33' }))).toBe('Text 33');
    expect(textOf(await client.call('load_skill', { name: 'number-3x' }))).toContain('Unknown skill');
    const size = (tools[0]?.description?.length ?? 0) + (raw.getInstructions()?.length ?? 0);
    expect(size).toBeLessThanOrEqual(4_096);
  });

  it('stays listed in search mode, and follows the profile', { tags: ['skills-tool', 'skills-profile'] }, async () => {
    const { file } = configured({}, { profiles: { default: { mode: 'search', skills: ['commit-*'] }, none: { skills: [] } } });
    const gateway = await serve(file);
    const client = await connect('v2 legacy', gateway.at('http'));
    expect(await client.list()).toEqual(['find_tools', 'call_tool', 'load_skill']);
    expect(textOf(await client.call('load_skill', { name: 'commit-message' }))).toContain('imperative');
    expect((await client.call('load_skill', { name: 'changelog-entry' })).isError).toBe(true);
    const raw = client.raw as Client;
    expect((await raw.listPrompts()).prompts.map(({ name }) => name)).toEqual(['writing_commit-message', 'approvals']);
    await expect(raw.readResource({ uri: 'skill://writing/changelog-entry/SKILL.md' })).rejects.toMatchObject({ code: -32602 });
    const other = await connect('v2 legacy', gateway.at('http', 'none'));
    expect(await other.list()).toEqual([]);
    expect((other.raw as Client).getServerCapabilities()?.extensions).toBeUndefined();
  });
});

describe('a folder of skills', () => {
  it('is read again when a skill is added, changed or removed', { tags: ['skills-watched'] }, async () => {
    const { file, folder } = configured();
    const { raw, skills } = await open(file, 'v2 legacy');
    const sees = async (name: string) => (await raw.listPrompts()).prompts.some((prompt) => prompt.name === `writing_${name}`);
    // A change before the watcher is ready is not seen, so the change is made again every second.
    const repeat = async (change: () => void, what: string, isSeen: () => Promise<boolean>): Promise<void> => {
      let next = 0;
      await until(what, async () => {
        if (performance.now() >= next) {
          change();
          next = performance.now() + 1_000;
        }
        return isSeen();
      });
    };
    const write = (name: string) => (): void => {
      mkdirSync(join(folder, 'late'), { recursive: true });
      writeFileSync(join(folder, 'late', 'SKILL.md'), `---\nname: ${name}\ndescription: x\n---\nText`);
    };
    await repeat(write('late'), 'the new skill is listed', () => sees('late'));
    await repeat(write('later'), 'its new name is listed', () => sees('later'));
    const remove = (): void => rmSync(join(folder, 'late'), { recursive: true, force: true });
    await repeat(remove, 'it is gone', async () => !(await sees('later')));
    writeFileSync(join(folder, 'changelog-entry', 'references', 'style.md'), 'New');
    const [skill] = (await skills.list()).skills;
    expect(skill && (await skills.read(skill, 'references/style.md')).text).toBe('New');
  });

  it('is found in pluginFolders, as is a single skill', async () => {
    const dir = tempFolder();
    cpSync(FIXTURES, join(dir, 'plugins', 'writing'), { recursive: true });
    cpSync(join(FIXTURES, 'commit-message'), join(dir, 'plugins', 'single'), { recursive: true });
    const { raw } = await open(writeConfig({ pluginFolders: [join(dir, 'plugins')] }), 'v2 legacy');
    const { resources } = await raw.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([
      'skill://single/commit-message/SKILL.md',
      'skill://writing/changelog-entry/SKILL.md',
      'skill://writing/commit-message/SKILL.md',
      'skill://writing/meeting-notes/SKILL.md',
    ]);
    const { tools } = await raw.listTools();
    expect(tools[0]?.inputSchema.properties?.name).toMatchObject({
      enum: ['single_commit-message', 'changelog-entry', 'writing_commit-message'],
    });
  });

  it('of a host is found by its name', async () => {
    const home = tempFolder();
    cpSync(FIXTURES, join(home, '.gemini', 'skills'), { recursive: true });
    const file = writeConfig({ plugins: { mine: { from: 'gemini' } } });
    const args = [`HOME=${home}`, process.execPath, BIN, 'stdio', '--config', file];
    const client = await connect('v2 legacy', { command: '/usr/bin/env', args });
    expect(textOf(await client.call('load_skill', { name: 'commit-message' }))).toContain('imperative');
  });
});
