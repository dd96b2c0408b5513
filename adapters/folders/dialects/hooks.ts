import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { asObject, isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import { type Folder, isInside, shown } from '../folder.ts';
import { type JsonFile, readJsonFile } from '../read/json-file.ts';

/** Reports the hooks of a plugin: they belong to its own host and never run here. */
export function reportHooks(folder: Folder, manifest: JsonFile, key: string, usual: string): void {
  const declared = manifest.value[key];
  const listed = Array.isArray(declared) ? declared : declared === undefined ? [] : [declared];
  const places = [...new Set([...(existsSync(resolve(folder.root, usual)) ? [usual] : []), ...listed])];
  const counts = new Map<string, number>();
  const files: string[] = [];
  for (const place of places) {
    if (isJsonObject(place)) files.push(manifest.at([key]));
    for (const [event, count] of countHooks(isJsonObject(place) ? place : readHooks(String(place), folder, files)))
      counts.set(event, (counts.get(event) ?? 0) + count);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return;
  const events = [...counts].map(([event, count]) => `${event} (${count})`).join(', ');
  folder.report({
    subject: 'hooks',
    message: `${[...new Set(files)].join(', ')}: ${total === 1 ? 'its hook belongs' : `its ${total} hooks belong`} to its own host and never ${total === 1 ? 'runs' : 'run'} here: ${events}.`,
    fix: 'Nothing to do, unless its servers or texts rely on them: then run what the hooks set up yourself.',
  });
}

function readHooks(path: string, folder: Folder, files: string[]): JsonObject {
  const file = resolve(folder.root, path);
  if (!existsSync(file) || !isInside(folder.root, file)) {
    folder.report({
      subject: 'hooks',
      message: `${path} ${existsSync(file) ? 'leads out of the plugin' : 'does not exist'}; its hooks are unknown.`,
    });
    return {};
  }
  files.push(shown(folder, file));
  try {
    return readJsonFile(folder.root, file).value;
  } catch (error) {
    folder.report({ subject: 'hooks', message: (error as Error).message });
    return {};
  }
}

function countHooks(value: JsonObject): [string, number][] {
  return Object.entries(isJsonObject(value.hooks) ? value.hooks : asObject(value)).flatMap(([event, groups]): [string, number][] => {
    if (!Array.isArray(groups)) return [];
    const count = groups.reduce<number>(
      (sum, group) => sum + (isJsonObject(group) && Array.isArray(group.hooks) ? group.hooks.length : 1),
      0,
    );
    return count === 0 ? [] : [[event, count]];
  });
}
