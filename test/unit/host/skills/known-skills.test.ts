import { mkdirSync, renameSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { skills } from '../../../../adapters/skills/adapter.ts';
import type { Host } from '../../../../src/core/contract/host.ts';
import type { Manifest, Offer } from '../../../../src/core/contract/plugin.ts';
import type { CallContext } from '../../../../src/core/contract/tool.ts';
import { knownSkills } from '../../../../src/host/skills/known-skills.ts';
import { writeFolder } from '../../../support/folders.ts';
import { tempFolder } from '../../../support/temp.ts';

const ctx = { caller: { principal: 'local', profile: 'default', scopes: [] } } as unknown as CallContext;
const host = { limits: { resultBytes: 1_000_000 } } as unknown as Host;
const skillText = (name: string, what = 'old') =>
  `---\nname: ${name}\ndescription: ${what} thing\narguments: [one, two]\n---\n${what} text $one\n`;

async function read(path: string): Promise<Manifest> {
  const entry = { settings: {}, credentials: {}, isolation: 'process', cwd: path, env: {}, options: {} } as const;
  const [manifest] = (await skills.read({ key: 'mine', path, root: path, entry, format: 'skills' }, host)) ?? [];
  return manifest as Manifest;
}
const open = async (manifest: Manifest, known?: Offer) => (await skills.open(manifest, host, known)).offer() as Offer;

/** Changes a file in a way that its size and times do not show. */
function changeUnseen(file: string, text: string): void {
  const { atime, mtime, size } = statSync(file);
  expect(Buffer.byteLength(text)).toBe(size);
  writeFileSync(file, text);
  utimesSync(file, atime, mtime);
}

describe('skills that the last start knew', { tags: ['skills-known'] }, () => {
  it('are opened without reading a SKILL.md, with the same offer; their text is read when it is used', async () => {
    const root = writeFolder(tempFolder(), { 'a/SKILL.md': skillText('a'), 'b/SKILL.md': skillText('b'), 'a/x.txt': 'x' });
    const first = await open(await read(root));
    changeUnseen(join(root, 'a/SKILL.md'), skillText('a', 'new'));
    const manifest = await read(root);
    const again = await open(manifest, first);
    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
    expect(again.skills?.[0]?.description).toBe('old thing');
    expect(again.prompts[0]?.arguments).toEqual([{ name: 'one' }, { name: 'two' }]);
    expect(await again.skills?.[0]?.load('1', ctx)).toContain('new text 1');
    expect((await again.skills?.[0]?.files(ctx)) as object[]).toHaveLength(2);
    // Without what was known every file is read.
    expect((await open(manifest)).skills?.[0]?.description).toBe('new thing');
  });

  it('are found again as a single one, and below a folder of the same name', async () => {
    const single = writeFolder(join(tempFolder(), 'one'), { 'SKILL.md': skillText('one') });
    const below = writeFolder(join(tempFolder(), 'one'), { 'one/SKILL.md': skillText('one') });
    for (const root of [single, below]) {
      const manifest = await read(root);
      const again = await open(manifest, await open(manifest));
      expect(await again.skills?.[0]?.load('', ctx)).toContain('old text');
    }
  });

  it('are read again if one was repaired, is gone, or leads out of its plugin', async () => {
    const root = writeFolder(tempFolder(), {
      'a/SKILL.md': skillText('a'),
      'b/SKILL.md': '---\nname: b\ndescription: Use when: x\n---\nText',
    });
    const { skills: all = [], problems } = await open(await read(root));
    expect(knownSkills(root, undefined, all)).toBeUndefined();
    expect((await open(await read(root), { ...(await open(await read(root))) })).problems).toEqual(problems);
    const [a] = all;
    if (!a) throw new Error('there is no skill');
    expect(knownSkills(root, root, [a])).toHaveLength(1);
    const elsewhere = join(tempFolder(), 'a');
    renameSync(join(root, 'a'), elsewhere);
    expect(knownSkills(root, root, [a])).toBeUndefined();
    mkdirSync(root, { recursive: true });
    symlinkSync(elsewhere, join(root, 'a'));
    expect(knownSkills(root, root, [a])).toBeUndefined();
    expect(knownSkills(root, undefined, [a])).toHaveLength(1);
  });
});
