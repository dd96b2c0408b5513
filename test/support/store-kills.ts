import { spawn } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type Database from 'libsql';
import { silentLog } from '../../src/core/log.ts';
import { openState } from '../../src/store/open-state.ts';
import { makeStore } from './damage.ts';
import { tempFolder } from './temp.ts';

const Libsql = createRequire(import.meta.url)('libsql') as typeof Database;
const CHILD = fileURLToPath(new URL('../fixtures/store-child.mjs', import.meta.url));

/** Starts a child and kills it up to `within` ms after its first output, or lets it end. Returns how long it ran after that, in ms. */
async function run(args: readonly string[], within?: number): Promise<number> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
  const since = performance.now();
  if (within !== undefined) {
    await Promise.race([sleep(Math.random() * within), ended]);
    child.kill('SIGKILL');
  }
  await ended;
  return performance.now() - since;
}

function integrityOf(dir: string): string {
  const db = new Libsql(join(dir, 'state.db'));
  const [row] = db.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
  db.close();
  return row?.integrity_check ?? '';
}

/** Kills a writer of settings and secrets `times` times. Returns the faults found: none if each save was applied as a whole. */
export async function killWriters(times: number): Promise<{ faults: string[]; saves: number }> {
  const dir = tempFolder();
  const faults: string[] = [];
  let next = 0;
  // A busy machine needs longer for a save, and a kill before the first one proves nothing.
  let within = 30;
  for (let kill = 0; kill < times; kill++) {
    const first = next;
    await run(['write', dir, String(next)], within);
    const state = openState(dir, silentLog, () => undefined, {});
    state.store.check();
    const values = [
      ...[...state.settings.settings('p').values()].map(({ value }) => value),
      ...[...state.settings.secrets('p').values()].map(({ value }) => value),
    ];
    const last = state.store.get('plugin:p', 'after');
    state.store.close();
    const found = Number.parseInt(String(values[0] ?? '-1'), 10);
    if (values.length > 0 && (values.length !== 4 || new Set(values).size !== 1)) faults.push(`${kill}: ${values.length} values differ`);
    // A save that returned is never lost.
    if (found < next - 1 || found < Number(last ?? -1)) faults.push(`${kill}: ${found} is older than ${next - 1} or ${last}`);
    if (integrityOf(dir) !== 'ok') faults.push(`${kill}: ${integrityOf(dir)}`);
    next = found + 1;
    within = next - first < 2 ? Math.min(2 * within, 1_000) : Math.max(30, within / 2);
  }
  return { faults, saves: next };
}

/** Kills a process that migrates a store `times` times. Returns the faults found: none if it was migrated as a whole or not at all. */
export async function killMigrations(times: number): Promise<{ faults: string[]; migrated: number }> {
  const before = makeStore(tempFolder(), { 'disabled-plugins': ['risky'] });
  const db = new Libsql(before);
  for (let i = 0; i < 200; i++)
    db.exec(`INSERT INTO entry VALUES ('audit-heads', 'run-${i}', '{"seq":${i},"chain":"c","file":"f","at":1}')`);
  db.close();
  const dir = tempFolder();
  const faults: string[] = [];
  let migrated = 0;
  // How long a whole migration takes now; the kills are spread over that.
  let whole = 0;
  for (let kill = 0; kill <= times; kill++) {
    for (const end of ['', '-wal', '-shm']) rmSync(join(dir, `state.db${end}`), { force: true });
    copyFileSync(before, join(dir, 'state.db'));
    if (kill === 0) {
      whole = await run(['open', dir]);
      continue;
    }
    await run(['open', dir], whole * 1.2);
    const look = new Libsql(join(dir, 'state.db'));
    const { user_version: version } = look.prepare('PRAGMA user_version').get() as { user_version: number };
    const tables = look.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all().length;
    look.close();
    if (!(version === 0 ? tables === 1 : version === 2 && tables === 8)) faults.push(`${kill}: version ${version} with ${tables} tables`);
    if (version === 2) migrated++;
    if (integrityOf(dir) !== 'ok') faults.push(`${kill}: ${integrityOf(dir)}`);
    const { store } = openState(dir, silentLog, () => undefined, {});
    const all = [store.keys('plugin:p').length, store.auditHeads.all().size, store.get('disabled-plugins', 'risky')].join();
    store.close();
    if (all !== '500,200,"x"') faults.push(`${kill}: ${all}`);
  }
  return { faults, migrated };
}
