import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CallContext } from '../../../../src/core/contract/tool.ts';
import { HERE, promptText, readFolder } from '../../../support/read-folder.ts';

const BODY =
  'Root ${CLAUDE_PLUGIN_ROOT}, data ${CLAUDE_PLUGIN_DATA}, project ${CLAUDE_PROJECT_DIR}, ' +
  'level ${user_config.level}, Level ${user_config.Level}, key ${user_config.key}, none ${user_config.none}, $ARGUMENTS.';
const SKILL = `---\nname: helps\ndescription: Helps\n---\n${BODY}\n`;

it('skills of a plugin get its places and its settings that are no secrets; their files stay as they are', {
  tags: ['foreign-plugins'],
}, async () => {
  const userConfig = {
    level: { type: 'number', title: 't', description: 'd', default: 2 },
    Level: { type: 'string', title: 't', description: 'd' },
    key: { type: 'string', title: 't', description: 'd', sensitive: true },
  };
  const files = { '.claude-plugin/plugin.json': { name: 'helper', userConfig }, 'skills/helps/SKILL.md': SKILL, 'commands/same.md': BODY };
  const entry = { settings: { Level: '$1 ${user_config.level}' }, credentials: { key: 'secret-key' } };
  const { offer, prompt, dir, manifest } = await readFolder(files, { entry });
  const [skill] = (await offer()).skills ?? [];
  const data = join(dir, '../data', manifest.id);
  const text =
    `Root ${dir}, data ${data}, project ${join(dir, '../project')}, level 2, Level $1 \${user_config.level}, ` +
    'key ${user_config.key}, none ${user_config.none}, me.';
  expect((await skill?.load('me', HERE as unknown as CallContext))?.trim()).toBe(text);
  expect(existsSync(data)).toBe(true);
  expect(promptText(await prompt('helper_helps', { arguments: 'me' }))).toBe(`${text}\n`);
  expect(promptText(await prompt('helper_same', { arguments: 'me' }))).toBe(text);
  expect((await skill?.read('SKILL.md', HERE as unknown as CallContext))?.text).toBe(SKILL);
  expect(readFileSync(join(dir, 'skills/helps/SKILL.md'), 'utf8')).toBe(SKILL);
  // Callers elsewhere learn no paths of this machine.
  const elsewhere = await skill?.load('me', { caller: { principal: 'ci', profile: 'default' } } as unknown as CallContext);
  expect(elsewhere).toContain('Root ${CLAUDE_PLUGIN_ROOT}, data ${CLAUDE_PLUGIN_DATA}');
});
