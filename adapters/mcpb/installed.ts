import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Installed, Surroundings } from '../../src/core/contract/installed.ts';
import { readManifest } from './read/bundle.ts';
import { toId } from './read/to-id.ts';
import { recognise } from './recognise.ts';

/** The bundles that Claude Desktop has unpacked. Their settings lie in its own store, which no other program can read. */
export function installedBundles({ platform, home, env }: Surroundings): Installed[] {
  const data =
    platform === 'win32'
      ? (env.APPDATA ?? join(home, 'AppData', 'Roaming'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Application Support')
        : (env.XDG_CONFIG_HOME ?? join(home, '.config'));
  const root = join(data, 'Claude', 'Claude Extensions');
  return namesIn(root).flatMap((name): Installed[] => {
    const path = join(root, name);
    const found = recognise(path, undefined);
    if (found?.kind !== 'folder') return [];
    try {
      const bundle = readManifest(found.text);
      const isConfigured = Object.keys(bundle.userConfig).length > 0;
      const note = isConfigured ? { note: 'its settings stay with Claude Desktop; set them with `plugmux settings`' } : {};
      return [{ client: 'claude-desktop', kind: 'bundle', id: toId(bundle.name), path, keys: { format: 'mcpb' }, ...note }];
    } catch {
      // A bundle that nothing can start is not offered.
      return [];
    }
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
