import { expect, it } from 'vitest';
import { killMigrations, killWriters } from '../support/store-kills.ts';

it('300 kills of a writer leave each save applied as a whole or not at all', { tags: ['store-killed'], timeout: 300_000 }, async () => {
  const { faults, saves } = await killWriters(300);
  expect(faults).toEqual([]);
  expect(saves).toBeGreaterThan(300);
});

it('200 kills during a migration leave the old store or the new one', { tags: ['store-killed'], timeout: 300_000 }, async () => {
  const { faults, migrated } = await killMigrations(200);
  expect(faults).toEqual([]);
  expect(migrated).toBeGreaterThan(0);
});
