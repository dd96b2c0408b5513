import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { adapters } from '../../../dist/adapters/index.js';

const SRC = new URL('../../../src/', import.meta.url);

it('names no plugin format in the code of src', () => {
  // Plugins of any format offer skills, and upstream servers are not folders.
  const kinds = adapters.map(({ kind }) => kind).filter((kind) => kind !== 'mcp' && kind !== 'skills');
  const words = new RegExp(`${kinds.join('|')}|\\bSW_`, 'i');
  const files = (readdirSync(SRC, { recursive: true }) as string[]).filter((file) => /\.(ts|py|js|mjs)$/.test(file));
  expect(files.length).toBeGreaterThan(200);
  const found = files.flatMap((file) =>
    readFileSync(new URL(file, SRC), 'utf8')
      .split('\n')
      .flatMap((line, i) => (words.test(line) && !/^\s*(\/\/|\/?\*|#)/.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});
