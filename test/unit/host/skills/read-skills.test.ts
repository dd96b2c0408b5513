import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CallContext } from '../../../../src/core/contract/tool.ts';
import { readSkills } from '../../../../src/host/skills/read-skills.ts';
import { skillAddress } from '../../../../src/host/skills/skill.ts';
import { toSkillOffer } from '../../../../src/host/skills/skill-offer.ts';
import { tempFolder } from '../../../support/temp.ts';

const local = { caller: { principal: 'local', profile: 'default', scopes: [] } } as unknown as CallContext;
const remote = { caller: { principal: 'ci', profile: 'default', scopes: [] } } as unknown as CallContext;

function folderWith(files: Readonly<Record<string, string | Buffer>>): string {
  const dir = tempFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

const skillText = (name: string, more = ''): string => `---\nname: ${name}\ndescription: Does ${name}\n${more}---\nDo ${name}.\n`;
const open = (root: string, maxBytes = 1_000_000) => {
  const { skills, problems } = readSkills([{ root, shown: 'skills' }]);
  return { ...toSkillOffer(skills, { pluginId: 'Mine', maxBytes: () => maxBytes }), problems, facts: skills };
};

describe('a folder of skills', () => {
  it('has one skill for each direct subfolder with a SKILL.md, and none below', () => {
    const root = folderWith({
      'b/SKILL.md': skillText('b'),
      'a/SKILL.md': skillText('a'),
      'a/nested/SKILL.md': skillText('nested'),
      'node_modules/x/SKILL.md': skillText('x'),
      'none/README.md': 'x',
    });
    expect(readSkills([{ root }]).skills.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('may be a single skill', () => {
    expect(readSkills([{ root: folderWith({ 'SKILL.md': skillText('one') }) }]).skills).toMatchObject([
      { name: 'one', frontMatter: { name: 'one' } },
    ]);
  });

  it('reports a bad skill with file and line, and serves the others', { tags: ['skills-repairs'] }, () => {
    const root = folderWith({
      'a/SKILL.md': '---\nname: a\ndescription: Use when: x\n---\nText',
      'b/SKILL.md': Buffer.from([0xff, 0xfe, 0x00]),
      'c/SKILL.md': skillText('c'),
      'd/SKILL.md': skillText('c'),
    });
    const { skills, problems } = open(root);
    expect(skills.map(({ name, frontMatter }) => [name, frontMatter !== undefined])).toEqual([
      ['a', false],
      ['c', true],
    ]);
    expect(problems.map(({ subject }) => subject)).toEqual(['skills/a/SKILL.md:3', 'skills/b/SKILL.md', 'skills/d']);
  });

  it('has an address of the plugin id and the name', () => {
    expect(skillAddress('My Tools', 'pdf')).toBe('skill://my%20tools/pdf');
    expect(skillAddress('x', '..')).toBe('skill://x/%2E%2E');
    expect(skillAddress('x', 'a/../b')).toBe('skill://x/a%2F..%2Fb');
  });

  it.each([
    ['a name with capitals', 'name: Big\ndescription: x\n'],
    ['a long description', `name: a\ndescription: ${'x'.repeat(1_025)}\n`],
    ['metadata with a number', 'name: a\ndescription: x\nmetadata:\n  v: 1\n'],
    ['no description', 'name: a\n'],
    ['invisible characters', 'name: a\ndescription: x\u202ey\n'],
  ])('does not claim verbatim front matter with %s', (_, header) => {
    const { skills, problems } = open(folderWith({ 'a/SKILL.md': `---\n${header}---\nText` }));
    expect(skills).toHaveLength(1);
    expect(skills[0]?.frontMatter).toBeUndefined();
    expect(problems).toHaveLength(1);
  });

  it('knows who may start a skill, in all spellings', () => {
    const root = folderWith({
      'a/SKILL.md': skillText('a', 'disable-model-invocation: yes\n'),
      'b/SKILL.md': skillText('b', 'user-invocable: "off"\n'),
    });
    const { skills, prompts } = open(root);
    expect(skills.map(({ forModels }) => forModels)).toEqual([false, true]);
    expect(prompts.map(({ name }) => name)).toEqual(['Mine_a']);
  });
});

describe('the files of a skill', () => {
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0]);
  const files = {
    'a/SKILL.md': skillText('a'),
    'a/references/FORMS.md': '\ufeffForms',
    'a/assets/logo.png': png,
    'a/.git/config': 'x',
    'a/node_modules/y/index.js': 'x',
  };

  it('are listed with the digests of their bytes', { tags: ['skills-digests'] }, async () => {
    const [skill] = open(folderWith(files)).skills;
    const listed = await skill?.files(local);
    expect(listed).toEqual(
      ['SKILL.md', 'assets/logo.png', 'references/FORMS.md'].map((path) => {
        const bytes = Buffer.from(files[`a/${path}` as keyof typeof files]);
        return { path, size: bytes.length, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
      }),
    );
    expect(await skill?.list('', local)).toEqual([
      { path: 'SKILL.md', kind: 'file', size: Buffer.byteLength(files['a/SKILL.md']) },
      { path: 'assets', kind: 'folder' },
      { path: 'references', kind: 'folder' },
    ]);
    expect(await skill?.list('SKILL.md', local)).toBeNull();
  });

  it('have a new digest after a change, also one within the same size and time', { tags: ['skills-digests'] }, async () => {
    const root = folderWith(files);
    const [skill] = open(root).skills;
    const before = await skill?.files(local);
    const file = join(root, 'a/references/FORMS.md');
    writeFileSync(file, '\ufefffORMS');
    utimesSync(file, 1, 1);
    const after = await skill?.files(local);
    expect(after).not.toEqual(before);
    writeFileSync(file, '\ufeffForms');
    utimesSync(file, 1, 1);
    expect(await skill?.files(local)).toEqual(before);
  });

  it('are read byte by byte', { tags: ['skills-digests'] }, async () => {
    const [skill] = open(folderWith(files)).skills;
    expect(await skill?.read('references/FORMS.md', local)).toEqual({ mimeType: 'text/markdown', text: '\ufeffForms' });
    expect(await skill?.read('assets/logo.png', local)).toEqual({ mimeType: 'image/png', blob: png.toString('base64') });
  });

  it('over the limit are refused by name', async () => {
    const [skill] = open(folderWith(files), 4).skills;
    await expect(skill?.read('assets/logo.png', local)).rejects.toMatchObject({ code: 'RESULT_TOO_LARGE' });
  });

  it('outside the folder cannot be reached', { tags: ['skills-inside'] }, async () => {
    const root = folderWith({ ...files, 'secret.txt': 'secret' });
    symlinkSync('../secret.txt', join(root, 'a/link.txt'));
    symlinkSync('/etc', join(root, 'a/etc'));
    symlinkSync('references/FORMS.md', join(root, 'a/inside.md'));
    symlinkSync('.', join(root, 'a/loop'));
    execFileSync('mkfifo', [join(root, 'a/pipe')]);
    const [skill] = open(root).skills;
    const listed = await skill?.files(local);
    expect(Array.isArray(listed) && listed.map(({ path }) => path)).toEqual([
      'SKILL.md',
      'assets/logo.png',
      'inside.md',
      'references/FORMS.md',
    ]);
    for (const path of ['link.txt', 'etc/passwd', '../secret.txt', '/etc/passwd', 'a/../../secret.txt', '.git/config', 'pipe', 'x\0y', ''])
      expect(await skill?.read(path, local), path).toBeNull();
  });

  it('are not listed if there are more than 512', async () => {
    const many = Object.fromEntries(Array.from({ length: 512 }, (_, i) => [`a/f/${i}.txt`, 'x']));
    const [skill] = open(folderWith({ 'a/SKILL.md': skillText('a'), ...many })).skills;
    expect(await skill?.files(local)).toBe('dynamic');
    expect(await skill?.read('f/7.txt', local)).toMatchObject({ text: 'x' });
  });

  it('of a linked skill are served from its target, once', () => {
    const root = folderWith({ 'real/a/SKILL.md': skillText('a'), 'skills/b/SKILL.md': skillText('b') });
    symlinkSync('../real/a', join(root, 'skills/a'));
    symlinkSync('../real/a', join(root, 'skills/again'));
    const names = (within?: string) => readSkills([{ root: join(root, 'skills'), ...(within === undefined ? {} : { within }) }]);
    expect(names().skills.map(({ name }) => name)).toEqual(['a', 'b']);
    const strict = names(join(root, 'skills'));
    expect(strict.skills.map(({ name }) => name)).toEqual(['b']);
    expect(strict.problems).toMatchObject([{ subject: 'skills/a', message: expect.stringContaining('outside') }]);
  });

  it('are no skill if SKILL.md leads outside', () => {
    const root = folderWith({ 'other.md': skillText('a'), 'a/x.md': '' });
    symlinkSync('../other.md', join(root, 'a/SKILL.md'));
    expect(readSkills([{ root }])).toMatchObject({ skills: [], problems: [{ message: expect.stringContaining('outside') }] });
  });
});

describe('a skill as a prompt', () => {
  it('has the arguments in their places and names the files', async () => {
    const root = folderWith({
      'a/SKILL.md': `---\nname: a\ndescription: x\narguments: [issue, repo]\n---\nFix $issue in $repo with \${CLAUDE_SKILL_DIR}/fix.sh\u202e`,
      'a/fix.sh': 'true',
    });
    const { prompts } = open(root);
    expect(prompts[0]).toMatchObject({ name: 'Mine_a', arguments: [{ name: 'issue' }, { name: 'repo' }] });
    const textFor = async (ctx: CallContext) => (await prompts[0]?.get({ issue: 'a "b"', repo: '' }, ctx))?.messages[0]?.content;
    expect(await textFor(local)).toMatchObject({ text: expect.stringContaining(`Fix a "b" in  with ${join(root, 'a')}/fix.sh\\u{202e}`) });
    expect(await textFor(local)).toMatchObject({ text: expect.stringContaining('- fix.sh') });
    // Other callers must not learn the paths of this machine.
    expect(await textFor(remote)).toMatchObject({ text: expect.stringContaining('with skill://mine/a/fix.sh') });
  });
});
