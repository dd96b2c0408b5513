import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { languageOf } from '../../../adapters/squadron/install/build.ts';
import { tempFolder } from '../../support/temp.ts';

it('reports that a source folder lacks go.mod or pyproject.toml, and works once one exists', { tags: ['fix-mends'] }, () => {
  const dir = tempFolder();
  const fix = 'Set "source" to the folder with go.mod or pyproject.toml, or add one of them to this folder.';
  expect(() => languageOf(dir)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID', fix }));
  writeFileSync(join(dir, 'pyproject.toml'), '');
  expect(languageOf(dir)).toBe('python');
});
