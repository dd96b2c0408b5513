import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

// A clock that is set, or a machine that sleeps, must not end what has time left: limits run on the monotonic clock.

const SRC = fileURLToPath(new URL('../../../src', import.meta.url));
/** Where the time of day is what is meant: the audit log, the name of a store that was moved aside, and what is kept across restarts, where no other clock goes on. */
const TIME_OF_DAY = [
  'cli/audit.ts',
  'cli/store.ts',
  'gateway/audit-heads.ts',
  'gateway/audit-log.ts',
  'gateway/day-file.ts',
  'gateway/failed-logins.ts',
  'host/python/environment-record.ts',
  'host/python/environments.ts',
  'policy/enablement.ts',
  'policy/grants.ts',
  'policy/tickets.ts',
  'registry/offer-memory.ts',
];

it('no limit looks at the time of day', { tags: ['F76'] }, () => {
  const files = (readdirSync(SRC, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(80);
  const users = files.filter((file) => /Date\.now|new Date|Date\(/.test(readFileSync(join(SRC, file), 'utf8')));
  expect(users.sort()).toEqual(TIME_OF_DAY);
});
