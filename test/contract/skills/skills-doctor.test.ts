import { cpSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { BIN, run, writeConfig } from '../../support/gateway.ts';
import { tempFolder } from '../../support/temp.ts';

const FIXTURES = new URL('../../fixtures/skills', import.meta.url).pathname;

/** A folder of skills as people have them: some faultless, some with the usual mistakes. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(tempFolder(), 'writing');
  cpSync(FIXTURES, folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const skillOf = (name: string, more = ''): string => `---\nname: ${name}\ndescription: Does ${name}\n${more}---\nDo it.\n`;

it('doctor, info and list show every repair with file and line, and skills with too many files', { tags: ['skills-repairs'] }, async () => {
  const folder = folderOf({
    'many/SKILL.md': skillOf('many'),
    'large/SKILL.md': skillOf('large'),
    'large/data.bin': '',
    'limits/SKILL.md': skillOf('limits', 'allowed-tools: Read Bash(git:*)\ncompatibility: Needs git\n'),
    'twice/SKILL.md': '---\nname: twice\nlicense: Use: freely\ndescription: First: this, then: that\n---\nDo it.\n',
    'tabs/SKILL.md': '---\r\nname: tabs\r\ndescription: Has tabs\r\nmetadata:\r\n\ta: b\r\n---\r\nDo it.\r\n',
    'bare/SKILL.md': '# Without front matter\n',
  });
  for (let i = 0; i < 512; i++) writeFileSync(join(folder, 'many', `${i}.txt`), '');
  truncateSync(join(folder, 'large', 'data.bin'), 16 * 1024 * 1024);
  const config = writeConfig({ plugins: { writing: { format: 'skills', path: folder } } });
  const plugmux = async (...args: string[]) => (await run([...args, '--config', config], { bin: BIN })).stdout;

  const expected = [
    /writing\/bare\/SKILL\.md:1: It has no front matter between "---" lines\./,
    /writing\/commit-message\/SKILL\.md:\d+: The value of "description" is not valid YAML .* as if it were in quotes\./,
    /writing\/tabs\/SKILL\.md:5: The front matter cannot be read /,
    /writing\/twice\/SKILL\.md:3: The value of "license" is not valid YAML /,
    /writing\/twice\/SKILL\.md:4: The value of "description" is not valid YAML /,
  ];
  const doctor = await plugmux('doctor');
  const info = await plugmux('info', 'writing');
  for (const line of expected) {
    expect(doctor).toMatch(line);
    expect(info).toMatch(line);
  }
  expect(doctor).toMatch(/many: The skill has more than 512 files\. Clients get no list of its files/);
  expect(doctor).toMatch(/large: The skill has files of 1677\d{4} bytes, more than 16777216 bytes\./);
  expect(doctor).not.toMatch(/limits: The skill has/);
  expect(info).toContain('limits; allowed-tools: Read Bash(git:*); compatibility: Needs git');
  expect(info).toContain('twice; not listed for clients, which could not verify it');

  const [listed] = JSON.parse(await plugmux('list', '--json')) as { skills: { name: string; description: string }[] }[];
  expect(listed?.skills.map(({ name }) => name)).toEqual([
    'bare',
    'changelog-entry',
    'commit-message',
    'large',
    'limits',
    'many',
    'meeting-notes',
    'tabs',
    'twice',
  ]);
  expect(listed?.skills.at(-1)).toEqual({ name: 'twice', description: 'First: this, then: that' });
  expect(await plugmux('list')).toMatch(/ skill limits +Does limits/);
});
