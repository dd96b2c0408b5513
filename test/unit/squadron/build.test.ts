import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { languageOf } from '../../../adapters/squadron/install/build.ts';
import { tempFolder } from '../../support/temp.ts';

it('says what a source folder without go.mod or pyproject.toml lacks, and once it is there goes on', { tags: ['fix-mends'] }, () => {
  const dir = tempFolder();
  const fix = 'Set "source" to the folder with go.mod or pyproject.toml, or add one of them to this folder.';
  expect(() => languageOf(dir)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID', fix }));
  writeFileSync(join(dir, 'pyproject.toml'), '');
  expect(languageOf(dir)).toBe('python');
});
