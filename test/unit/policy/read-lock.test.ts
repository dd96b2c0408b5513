import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readLockFile } from '../../../src/policy/read-lock.ts';
import { tempFolder } from '../../support/temp.ts';

const plugin = (text: string): string => `{"version":1,"plugins":{"p":${text}}}`;
const FAULTS: readonly [string, (file: string) => void, string][] = [
  ['nothing', () => undefined, 'it does not exist'],
  ['an empty file', (file) => writeFileSync(file, ' \n'), 'it is empty'],
  ['half a file', (file) => writeFileSync(file, plugin('{}').slice(0, -3)), ''],
  [
    'conflict markers',
    (file) => writeFileSync(file, `<<<<<<< HEAD\r\n{}\r\n=======\r\n{}\r\n>>>>>>> b\r\n`),
    'it has conflict markers of a merge',
  ],
  ['a newer version', (file) => writeFileSync(file, '{"version":2,"pins":{}}'), 'a newer plugmux wrote it'],
  ['no version', (file) => writeFileSync(file, '{"plugins":{}}'), 'its "version" is not 1'],
  ['no plugins', (file) => writeFileSync(file, '{"version":1}'), 'it has no "plugins"'],
  ['a list', (file) => writeFileSync(file, '[]'), 'it is not a JSON object'],
  ['bytes that are no text', (file) => writeFileSync(file, Buffer.from([0x7b, 0xff, 0x7d])), 'it is not text in UTF-8'],
  ['a tool of another shape', (file) => writeFileSync(file, plugin('{"tools":{"t":{}}}')), '"p/t" is not a tool'],
  [
    'variants as a text',
    (file) => writeFileSync(file, plugin('{"tools":{"t":{"name":"t","description":"","variants":"x"}}}')),
    '"p/t" is not a tool',
  ],
  [
    'a tool that was edited',
    (file) => writeFileSync(file, plugin('{"tools":{"t":{"name":"t","description":""}}}')),
    'does not match its "surface"',
  ],
  ['a prompt of another shape', (file) => writeFileSync(file, plugin('{"prompts":{"t":{"name":1}}}')), '"p/prompt:t" is not a prompt'],
  [
    'instructions of another shape',
    (file) => writeFileSync(file, plugin('{"instructions":{"text":[]}}')),
    '"p/instructions" are not a text',
  ],
  ['a plugin that is a list', (file) => writeFileSync(file, plugin('[]')), 'is not an object'],
  ['a terabyte', (file) => sparse(file), 'more than the limit of 67 MB'],
  ['a folder', (file) => mkdirSync(file), 'it is a folder'],
  ['a device', (file) => symlinkSync('/dev/zero', file), 'it is not a file'],
  ['a link to itself', (file) => symlinkSync('lock.json', file), 'it is a loop of links'],
];

function sparse(file: string): void {
  writeFileSync(file, '');
  truncateSync(file, 1024 ** 4);
}

it.each(FAULTS)('a lock file that cannot be used is a fault, never an error: %s', { tags: ['lock-withheld'] }, (_, make, why) => {
  const file = join(tempFolder(), 'lock.json');
  make(file);
  const { lock, fault } = readLockFile(file);
  expect([lock, fault]).toEqual([undefined, expect.stringContaining(why)]);
});
