import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPackage } from '../../../adapters/ethos/read/package-file.ts';
import { readSkills } from '../../../adapters/ethos/read/skills.ts';
import { recogniseFolder } from '../../../adapters/talos/recognise.ts';
import { cpuMs } from '../../support/cpu-time.ts';
import { tempFolder } from '../../support/temp.ts';

const MANY = 10 * 1024 * 1024;

/** CPU milliseconds that a function used, and its result. */
async function timed<T>(work: () => T | Promise<T>): Promise<{ ms: number; came: T | Error }> {
  let came: T | Error | undefined;
  const ms = await cpuMs(async () => {
    came = await Promise.resolve()
      .then(work)
      .catch((error: Error) => error);
  });
  return { ms, came: came as T | Error };
}

describe('a hostile manifest', () => {
  it.each([
    ['of a Talos plugin', 'manifest.json', recogniseFolder],
    ['of a package', 'package.json', ({ path }: { path: string }) => readPackage(path)],
  ] as const)('%s that has 10 MB is refused unread', { tags: ['F45'] }, async (_, file, read) => {
    const path = tempFolder();
    writeFileSync(join(path, 'index.js'), '');
    writeFileSync(join(path, file), `{"id":"a","description":"${'x'.repeat(MANY)}"}`);
    const { ms, came } = await timed(() => read({ path } as never));
    expect(came).toMatchObject({ code: 'MANIFEST_INVALID' });
    expect(String((came as Error).message)).toContain('it is larger than');
    expect(ms).toBeLessThan(1000);
  });

  it('in YAML cannot expand aliases without limit or create anything but data', { tags: ['F45'] }, async () => {
    const folder = tempFolder();
    const bomb = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}, *a${i - 1}`}]`);
    const skills = {
      bomb: bomb.join('\n'),
      code: 'name: code\ndescription: !!js/function "function () { globalThis.ran = true; }"',
      plain: 'name: plain\ndescription: Says what it does',
    };
    for (const [name, header] of Object.entries(skills)) writeFileSync(join(folder, `${name}.md`), `---\n${header}\n---\nText.\n`);
    const { ms, came } = await timed(() => readSkills(folder, '.'));
    const { skills: read, problems } = came as ReturnType<typeof readSkills>;
    expect(read.find(({ name }) => name === 'plain')).toMatchObject({ description: 'Says what it does', text: 'Text.' });
    expect(problems.map(({ subject, message }) => `${subject} ${message}`).sort()).toEqual([
      expect.stringMatching(/^bomb\.md:\d+ The front matter cannot be read \(Excessive alias count/),
      expect.stringMatching(/^code\.md:3 The front matter has a value that JSON cannot express /),
    ]);
    // What cannot be verified is not listed, and the function stays a text.
    expect(read.map(({ name, frontMatter }) => [name, frontMatter?.name])).toEqual([
      ['bomb', undefined],
      ['code', undefined],
      ['plain', 'plain'],
    ]);
    expect(globalThis).not.toHaveProperty('ran');
    expect(ms).toBeLessThan(1000);
  });
});
