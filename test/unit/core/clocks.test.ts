import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

// Setting the clock or suspending the machine must not expire timeouts early, so limits use the monotonic clock.

const SRC = fileURLToPath(new URL('../../../src', import.meta.url));
/** Files that need the time of day: the audit log, names of files that are kept, times that are shown or persist across restarts. */
const TIME_OF_DAY = [
  'cli/commands/state/audit.ts',
  'cli/commands/state/store.ts',
  'cli/commands/status.ts',
  'cli/import/import-client.ts',
  'cli/import/replace-client.ts',
  'cli/window/serve-windows.ts',
  'console/api/overview.ts',
  'console/api/shown/call-lines.ts',
  'console/api/shown/cards.ts',
  'console/live/sources/call-sources.ts',
  'console/live/sources/state-source.ts',
  'console/login-code.ts',
  'console/sessions.ts',
  'gateway/approval/approval-queue.ts',
  'gateway/audit/audit-heads.ts',
  'gateway/audit/audit-log.ts',
  'gateway/audit/day-file.ts',
  'gateway/audit/failed-logins.ts',
  'gateway/config-reload.ts',
  'gateway/lock-admin.ts',
  'gateway/stats/call-stats.ts',
  'gateway/stats/log-ring.ts',
  'host/python/environment-record.ts',
  'host/python/environments.ts',
  'host/runs.ts',
  'mcp/clients/clients.ts',
  'mcp/modern/event-shapes.ts',
  'policy/enablement.ts',
  'policy/grants.ts',
  'policy/tickets.ts',
  'registry/offer/offer-memory.ts',
  'registry/status-reader.ts',
  'store/delivery-table.ts',
  'store/event-table.ts',
  'store/plugin-store.ts',
  'store/settings.ts',
  'store/tool-switches.ts',
  'transports/login/jwt-logins.ts',
  'transports/login/jwt.ts',
  'triggers/read-events.ts',
  'triggers/source-run.ts',
  'triggers/webhooks.ts',
  'triggers/with-events.ts',
];

it('no limit uses the time of day', { tags: ['F76'] }, () => {
  // The page runs in a browser, which holds no limits of the gateway.
  const files = (readdirSync(SRC, { recursive: true }) as string[]).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('console/page/'),
  );
  expect(files.length).toBeGreaterThan(80);
  const users = files.filter((file) => /Date\.now|new Date|Date\(/.test(readFileSync(join(SRC, file), 'utf8')));
  expect(users.sort()).toEqual(TIME_OF_DAY);
});
