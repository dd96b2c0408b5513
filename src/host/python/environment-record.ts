import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asObject, type JsonObject } from '../../core/json/json.ts';
import { parseText } from '../../core/json/json-text.ts';

/** File that marks a complete environment. */
export const DONE = 'plugmux.json';
const UNUSED_MS = 24 * 3_600_000;

/** Marks an environment as complete. */
export function finish(place: string, record: object): void {
  writeFileSync(join(place, `${DONE}.new`), JSON.stringify(record));
  renameSync(join(place, `${DONE}.new`), join(place, DONE));
}

/**
 * Records that a source uses an environment. With `forget`, deletes environments that only this source used before. Ignores
 * write errors, so that read-only environments work.
 */
export function claim(place: string, owner: string, forget: boolean): void {
  try {
    const record = read(place);
    const owners = ownersOf(record);
    const now = new Date();
    if (owners.includes(owner)) utimesSync(join(place, DONE), now, now);
    else finish(place, { ...record, owners: [...owners, owner] });
    if (forget) forgetFormer(place, owner);
  } catch {
    // The state folder may be mounted read-only.
  }
}

// Environments used within the last day may belong to another running gateway.
function forgetFormer(place: string, owner: string): void {
  const folder = dirname(place);
  for (const name of readdirSync(folder)) {
    const other = join(folder, name);
    if (other === place || ownersOf(read(other)).join('\n') !== owner) continue;
    if (Date.now() - statSync(join(other, DONE)).mtimeMs < UNUSED_MS) continue;
    // Unmarks it first, so that a partially deleted environment is never used.
    renameSync(join(other, DONE), join(other, `${DONE}.old`));
    rmSync(other, { recursive: true, force: true });
  }
}

function read(place: string): JsonObject {
  try {
    return asObject(parseText(readFileSync(join(place, DONE), 'utf8')));
  } catch {
    return {};
  }
}

function ownersOf({ owners }: JsonObject): readonly unknown[] {
  return Array.isArray(owners) ? owners : [];
}
