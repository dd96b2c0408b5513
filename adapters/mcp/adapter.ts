import { createHash } from 'node:crypto';
import type { Adapter, Source } from '../../src/core/contract/adapter.ts';
import type { Manifest } from '../../src/core/contract/plugin.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { nameOf, readEntry, type ServerEntry } from './entry.ts';
import { stampOf } from './program-stamp.ts';

interface ServerManifest extends Manifest {
  readonly entry: ServerEntry;
  readonly source: Source;
}

/** Adapter for upstream MCP servers, one per entry of `mcpServers`. */
export const mcp: Adapter = {
  kind: 'mcp',
  startedWith: ['resultBytes', 'unresponsiveMs'],
  servers: true,
  options: {},
  paths: [],
  commands: async (program, open) => (await import('./oauth/commands.ts')).addCommands(program, open),

  async read(source, { proxy }) {
    const { server, key = '', path } = source;
    const read = server && readEntry(withEnvironment(server, source), path, source.at);
    if (!read) return null;
    const { prepare } = source;
    const entry: ServerEntry = prepare && read.server.kind === 'stdio' ? { ...read, server: { ...read.server, prepare } } : read;
    const { description, name, title } = server;
    const shown = [title, name].find((text) => typeof text === 'string' && text !== '');
    const manifest: ServerManifest = {
      id: key,
      ...(shown === undefined ? {} : { title: String(shown) }),
      ...(typeof description === 'string' ? { description } : {}),
      version: '',
      adapter: 'mcp',
      origin: nameOf(entry),
      watch: [],
      ignored: entry.problems,
      digest: createHash('sha256')
        // A different top-level proxy changes the route to the server or the environment of its process.
        .update(JSON.stringify([server, source.entry, ...(proxy === undefined || server.proxy !== undefined ? [] : [{ proxy }])]))
        .digest('hex'),
      ...stampOf(entry),
      entry,
      source,
    };
    return [manifest];
  },

  async open(manifest, host, known) {
    const { entry, source } = manifest as ServerManifest;
    const { Upstream } = await import('./upstream.ts');
    return new Upstream({ manifest, entry, host, known, timeoutMs: source.entry.startTimeoutMs ?? host.limits.startTimeoutMs });
  },
};

// Variables from the entry under `plugins` are added to the server's own `env`, and win.
function withEnvironment(server: JsonObject, { entry }: Source): JsonObject {
  return Object.keys(entry.env).length === 0 ? server : { ...server, env: { ...(server.env as JsonObject), ...entry.env } };
}
