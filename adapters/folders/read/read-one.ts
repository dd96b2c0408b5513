import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { Source } from '../../../src/core/contract/adapter.ts';
import type { Host } from '../../../src/core/contract/host.ts';
import type { Manifest, Problem } from '../../../src/core/contract/plugin.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { readAgentPlugin } from '../dialects/agent-plugin.ts';
import { readClaude } from '../dialects/claude.ts';
import { readCodex } from '../dialects/codex.ts';
import { readCursor } from '../dialects/cursor.ts';
import { readGemini } from '../dialects/gemini.ts';
import type { Folder } from '../folder.ts';
import type { Declared, Format, Listed } from '../format.ts';
import { createValues, ownSettings } from '../servers/values.ts';
import { linkedFolder } from './gemini-link.ts';
import { merge } from './merge.ts';
import { toId } from './to-id.ts';
import { toManifest } from './to-manifest.ts';

const READERS: Readonly<Record<Format, (folder: Folder) => Declared>> = {
  'agent-plugin': readAgentPlugin,
  claude: readClaude,
  cursor: readCursor,
  codex: readCodex,
  gemini: readGemini,
};

/** The plugin of one folder. `listed`: it is one of several of its entry, so its settings have a place of their own. */
export function readOne(source: Source, formats: readonly Format[], host: Host, listed?: Listed): Manifest {
  const problems: Problem[] = [];
  const path = formats.includes('gemini') ? linkedFolder(source.path) : source.path;
  const root = realpathSync(path);
  let id = source.key ?? listed?.name;
  const folder: Folder = {
    root,
    project: source.entry.cwd,
    values: createValues(source.entry, listed && ownSettings(source.entry, listed.name), host),
    // Ids of unnamed plugins are known once a manifest is read.
    dataDir: () => host.dataDir(id ?? basename(root)),
    named: (name) => {
      id ??= toId(name);
    },
    report: (problem) => void problems.push(problem),
  };
  const all = merge(readEach(formats, folder, listed));
  folder.named(all.name);
  return toManifest(all, { source, folder, formats, problems, host, path: source.path, ...(listed ? { listed } : {}) });
}

// A manifest that cannot be read costs only what it would add, unless the standard forbids to load the plugin.
function readEach(formats: readonly Format[], folder: Folder, listed: Listed | undefined): [Declared, ...Declared[]] {
  const read: Declared[] = [];
  for (const format of formats) {
    try {
      read.push(format === 'claude' && listed ? readClaude(folder, listed.entry) : READERS[format](folder));
    } catch (error) {
      if (!(error instanceof GatewayError) || format === 'agent-plugin' || formats.length === 1) throw error;
      folder.report({ code: error.code, subject: format, message: `${error.message} What the manifest for ${format} adds is left out.` });
    }
  }
  const [first, ...others] = read;
  if (!first) throw new GatewayError('MANIFEST_INVALID', 'No manifest of the folder can be read.');
  return [first, ...others];
}
