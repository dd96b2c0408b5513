import type { Adapter } from '../../src/core/contract/adapter.ts';
import { FORMATS } from './format.ts';
import { recognise } from './recognise.ts';

/**
 * Adapter for plugin folders of other hosts: Agent Plugins, Claude, Cursor, Codex and Gemini. One folder with several manifests
 * is one plugin. It runs nothing itself: its servers are opened as entries of `mcpServers`.
 */
export const folders: Adapter = {
  kind: 'plugin-folders',
  formats: FORMATS,
  options: {},
  paths: [],

  async read(source, host) {
    const found = source.server ? undefined : recognise(source.path, source.format);
    if (!found) return null;
    const { readFolders } = await import('./read/read-folders.ts');
    return readFolders(source, found, host);
  },

  installed: async (around) => (await import('./installed.ts')).installedPlugins(around),

  async open(manifest, host) {
    const { openFolder } = await import('./open.ts');
    return openFolder(manifest, host);
  },
};
