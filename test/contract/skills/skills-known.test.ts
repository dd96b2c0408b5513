import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { skills } from '../../../dist/adapters/skills/adapter.js';
import { openApp, type TestApp } from '../../support/app.ts';
import { writeFolder } from '../../support/folders.ts';
import { tempFolder } from '../../support/temp.ts';

it('a later start of the gateway reads no SKILL.md that has not changed', { tags: ['skills-known'] }, async () => {
  const dir = tempFolder();
  const text = (what: string) => `---\nname: a\ndescription: ${what} thing\n---\nText\n`;
  const file = join(writeFolder(dir, { 'skills/a/SKILL.md': text('old') }), 'skills/a/SKILL.md');
  utimesSync(file, 100, 100);
  const shownBy = async (): Promise<string | undefined> => {
    const app: TestApp = await openApp([skills], { plugins: { mine: { format: 'skills', path: './skills' } } }, dir);
    await app.instance.registry.start();
    const [entry] = [...app.instance.registry.catalogue().skills.values()];
    const [state] = app.instance.plugins().map((plugin) => plugin.state);
    expect(state).toBe('ready');
    await app.close();
    return entry?.skill.description;
  };
  expect(await shownBy()).toBe('old thing');
  // The same size, time and file: only reading it shows the difference.
  writeFileSync(file, text('new'));
  utimesSync(file, 100, 100);
  expect(await shownBy()).toBe('old thing');
  utimesSync(file, 1, 1);
  expect(await shownBy()).toBe('new thing');
});
