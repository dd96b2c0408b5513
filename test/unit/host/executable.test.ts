import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { whyUnrunnable } from '../../../src/host/process/executable.ts';
import { tempFolder } from '../../support/temp.ts';

const file = (content: string | Buffer): string => {
  const path = join(tempFolder(), 'program');
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
};

/** The head of an ELF file for a machine. */
const elf = (machine: number): Buffer => {
  const head = Buffer.alloc(64);
  head.write('7f454c460201', 0, 'hex');
  head.writeUInt16LE(machine, 18);
  return head;
};

const [OWN, OTHER, OTHER_NAME] = process.arch === 'arm64' ? ([183, 62, 'amd64'] as const) : ([62, 183, 'arm64'] as const);

describe.skipIf(process.platform !== 'linux')('whyUnrunnable', { tags: ['program-unrunnable'] }, () => {
  it.each([
    ['a program of this machine', elf(OWN)],
    ['a script', '#!/bin/sh\n'],
    ['a script whose interpreter is found by env', '#!/usr/bin/env no-such-interpreter\n'],
    ['the running program', undefined],
  ])('accepts %s', (_, content) => {
    expect(whyUnrunnable(content === undefined ? process.execPath : file(content), 'refuse')).toBeUndefined();
  });

  it.each([
    [elf(OTHER), `is built for ${OTHER_NAME}, and this machine is ${process.arch}`],
    [Buffer.from('cffaedfe0c000001', 'hex'), 'is a program for macOS'],
    ['MZ\u0090\u0000', 'is a program for Windows'],
    ['#!/no/such/python\nprint(1)\n', 'is a script for /no/such/python, which does not exist'],
  ])('names the type of a foreign program', (content, why) => {
    expect(whyUnrunnable(file(content), 'refuse')).toBe(why);
    expect(whyUnrunnable(file(content), 'leave')).toBe(why);
  });

  it.each([
    ['echo hello\n', 'is neither a program nor a script whose first line names its interpreter (#!)'],
    ['', 'is empty'],
  ])('rejects a text without #! unless scripts are allowed', (content, why) => {
    expect(whyUnrunnable(file(content), 'refuse')).toBe(why);
    expect(whyUnrunnable(file(content), 'leave')).toBeUndefined();
  });

  it('ignores a file that does not exist', () => {
    expect(whyUnrunnable('/no/such/file', 'refuse')).toBeUndefined();
  });
});
