import { hash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Database from 'libsql';

const Libsql = createRequire(import.meta.url)('libsql') as typeof Database;
const PAGE = 4096;

/** Pseudorandom bytes, the same in every run. */
export function noise(bytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i * 32 < bytes; i++) parts.push(hash('sha256', `noise ${i}`, 'buffer'));
  return Buffer.concat(parts).subarray(0, bytes);
}

/** Creates a store with many pages, all in the file itself; returns the file. */
export function makeStore(dir: string, entries: Readonly<Record<string, readonly string[]>> = {}): string {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'state.db');
  const db = new Libsql(file);
  db.exec(
    'CREATE TABLE entry (space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID; BEGIN',
  );
  for (let i = 0; i < 500; i++) db.exec(`INSERT INTO entry VALUES ('plugin:p', 'k${i}', '${'v'.repeat(100)}')`);
  for (const [space, keys] of Object.entries(entries))
    for (const key of keys) db.exec(`INSERT INTO entry VALUES ('${space}', '${key}', '"x"')`);
  db.exec('COMMIT');
  db.close();
  return file;
}

/** Ways to damage a store file, by name. */
export const DAMAGE: Readonly<Record<string, (file: string) => void>> = {
  'another text in its place': (file) => writeFileSync(file, 'damaged '.repeat(3000)),
  'noise in its place': (file) => writeFileSync(file, noise(5 * PAGE)),
  'cut in its header': (file) => truncateSync(file, 60),
  'cut behind its header': (file) => truncateSync(file, 100),
  'cut behind a page': (file) => truncateSync(file, PAGE),
  'cut in the middle': (file) => truncateSync(file, Math.floor(statSync(file).size / PAGE / 2) * PAGE),
  'noise in a middle page': (file) => overwrite(file, Math.floor(statSync(file).size / PAGE / 2) * PAGE, noise(PAGE)),
  'noise in its last page': (file) => overwrite(file, statSync(file).size - PAGE, noise(PAGE)),
  'noise behind its header': (file) => overwrite(file, 100, noise(PAGE - 100)),
};

function overwrite(file: string, at: number, bytes: Buffer): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}
