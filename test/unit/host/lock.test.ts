import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withLock } from '../../../src/host/process/lock.ts';
import { tempFolder } from '../../support/temp.ts';

it('a lock has one owner, and a dead owner releases it', async () => {
  const file = join(tempFolder(), 'x.lock');
  const order: string[] = [];
  const { signal } = new AbortController();
  const hold = (name: string) =>
    withLock(file, { signal, stopped: () => new Error('stopped') }, async () => {
      order.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`${name} out`);
    });
  await Promise.all([hold('a'), hold('b')]);
  expect(order).toEqual(['a in', 'a out', 'b in', 'b out']);
  writeFileSync(file, '999999999 1');
  await hold('c');
  expect(order.slice(4)).toEqual(['c in', 'c out']);
});
