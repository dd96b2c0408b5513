import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asObject, type JsonObject } from '../../core/json/json.ts';
import { parseText } from '../../core/json/json-text.ts';

/** What stands in an environment that has been made whole. */
export const DONE = 'plugmux.json';
const UNUSED_MS = 24 * 3_600_000;

/** Writes down that an environment is whole, and for whom. */
export function finish(place: string, record: object): void {
  writeFileSync(join(place, `${DONE}.new`), JSON.stringify(record));
  renameSync(join(place, `${DONE}.new`), join(place, DONE));
}

/**
 * Notes that a source uses an environment, and with `forget` removes those that nobody but this source had before. An
 * environment that cannot be written to serves nevertheless.
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
    // Some states are mounted to be read only.
  }
}

// Another gateway that still uses one has started with it within a day.
function forgetFormer(place: string, owner: string): void {
  const folder = dirname(place);
  for (const name of readdirSync(folder)) {
    const other = join(folder, name);
    if (other === place || ownersOf(read(other)).join('\n') !== owner) continue;
    if (Date.now() - statSync(join(other, DONE)).mtimeMs < UNUSED_MS) continue;
    // Half of one must never be found.
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
