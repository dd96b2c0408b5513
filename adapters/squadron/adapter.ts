import { existsSync, statSync } from 'node:fs';
import { z } from 'zod';
import type { Adapter, Source } from '../../src/core/adapter.ts';
import { findHome, installFolder } from './install/home.ts';
import type { InstallRequest } from './install/install.ts';
import { openSquadronPlugin, type SquadronManifest } from './plugin.ts';
import { digestOf, isPluginSource, nameOfFolder } from './recognise.ts';

/** Squadron plugins: programs in Go or Python that serve tools over go-plugin gRPC. */
export const squadron: Adapter = {
  kind: 'squadron',
  options: {
    source: z.string().optional().describe('Squadron: a release `github.com/owner/repo`, or a folder with the source of a plugin'),
    version: z.string().optional().describe('Squadron: the tag of the release, or "local"'),
  },
  paths: [],

  async read(source) {
    if (!isFolder(source.path) || !isPluginSource(source.path)) return null;
    const id = source.key ?? nameOfFolder(source.path);
    return [toManifest(id, source, { name: id, version: 'local', source: source.path, home: findHome(source.root) })];
  },

  open: async (manifest, host) => openSquadronPlugin(manifest as SquadronManifest, host),
};

function toManifest(id: string, { path, entry }: Source, install: InstallRequest): SquadronManifest {
  installFolder(install.home, install.name, install.version);
  return {
    id,
    version: install.version,
    adapter: 'squadron',
    origin: path,
    watch: [path],
    digest: digestOf(path),
    entry,
    install,
  };
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
