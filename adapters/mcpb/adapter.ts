import type { Adapter } from '../../src/core/contract/adapter.ts';
import { recognise } from './recognise.ts';

/**
 * Adapter for MCP Bundles: a folder, or a packed `.mcpb` or `.dxt` file, with one MCP server and a form for its settings. The
 * server is opened as an entry of `mcpServers`; a packed bundle is unpacked right before its first start.
 */
export const mcpb: Adapter = {
  kind: 'mcpb',
  options: {},
  paths: [],

  async read(source, host) {
    const found = source.server ? undefined : recognise(source.path, source.format);
    if (!found) return null;
    const { readBundle } = await import('./read/read-bundle.ts');
    return [await readBundle(source, found, host)];
  },

  installed: async (around) => (await import('./installed.ts')).installedBundles(around),

  async open(manifest) {
    const { openBundle } = await import('./open.ts');
    return openBundle(manifest);
  },
};
