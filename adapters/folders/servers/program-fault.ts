import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { Source } from '../../../src/core/contract/adapter.ts';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import { asObject } from '../../../src/core/json/json.ts';
import { type Folder, shown } from '../folder.ts';

const CODE = /\.(?:[cm]?[jt]s|py|rb|jar|sh|exe)$/;

/** Why a server cannot start: a file of the plugin that its command names does not exist, often because it must be built first. */
export function programFault({ key = '', server = {} }: Source, folder: Folder): Problem | undefined {
  const { command, args, cwd } = server;
  const words = [command, args].flat().filter((word): word is string => typeof word === 'string');
  for (const [i, word] of words.entries()) {
    if (word.includes('${') || !(CODE.test(word) || (i === 0 && word.includes('/')))) continue;
    const file = resolve(typeof cwd === 'string' ? cwd : folder.root, word);
    if (!file.startsWith(folder.root + sep) || existsSync(file)) continue;
    const how = buildOf(file, folder.root);
    return {
      code: 'ENTRY_NOT_FOUND',
      subject: key,
      message: `The server "${key}" starts ${shown(folder, file)}, which does not exist${how === undefined ? '' : ': it must be built first'}.`,
      fix: how ?? 'Use a release of the plugin that has the file, or build it as its README says.',
    };
  }
  return undefined;
}

function buildOf(file: string, root: string): string | undefined {
  for (let dir = dirname(file); dir === root || dir.startsWith(root + sep); dir = dirname(dir)) {
    const path = join(dir, 'package.json');
    if (!existsSync(path)) continue;
    try {
      const { build } = asObject(asObject(JSON.parse(readFileSync(path, 'utf8'))).scripts);
      return typeof build === 'string' ? `Run \`npm install && npm run build\` in ${dir}.` : `Run \`npm install\` in ${dir}.`;
    } catch {
      return undefined;
    }
  }
  return undefined;
}
