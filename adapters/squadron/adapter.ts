import { statSync } from 'node:fs';
import type { Adapter } from '../../src/core/contract/adapter.ts';
import { fromDeclarations, fromEntry, fromFolder, type SquadronManifest } from './manifests.ts';
import { OPTIONS, toOptions } from './options.ts';
import { holdsHcl, isPluginSource, nameOfFolder } from './recognise.ts';
import { squadronPluginsOf } from './squadron-plugins.ts';

/** Adapter for Squadron plugins: Go or Python programs that serve tools over go-plugin gRPC. */
export const squadron: Adapter = {
  kind: 'squadron',
  startedWith: ['resultBytes', 'unresponsiveMs'],
  options: OPTIONS,
  paths: [],
  selectors: ['source', 'version'],

  commands: async (program, open) => (await import('./commands.ts')).addCommands(program, open),
  convert: async (dir, into) => (await import('./convert.ts')).convertProject(dir, into),

  async read(source, host) {
    const { path, key } = source;
    const options = toOptions(source.entry);
    const selected = options.source !== undefined || options.version !== undefined;
    if (key !== undefined && selected && path === source.root) return [fromEntry(key, source)];
    if (isFolder(path) && isPluginSource(path)) return [fromFolder(key ?? nameOfFolder(path), source)];
    // Only for entries of mcp.json, because other programs use .hcl files, too.
    if (key === undefined || !holdsHcl(path)) return null;
    const { readProject } = await import('./hcl/project.ts');
    const { readDeclarations } = await import('./hcl/declarations.ts');
    const { secretValues } = await import('./hcl/scope.ts');
    const project = readProject(path);
    for (const secret of secretValues(project, options.vars)) host.hide(secret);
    const declared = readDeclarations(project, options.vars);
    const ours = declared.plugins.length + declared.tools.length + declared.servers.length > 0;
    return ours || !isFolder(path) ? fromDeclarations(key, source, declared) : null;
  },

  async open(found, host) {
    const manifest = found as SquadronManifest;
    const { fault, install, tools } = manifest;
    if (fault) throw fault;
    const squadronPlugins = squadronPluginsOf(host);
    if (install) return (await import('./plugin.ts')).openProgramPlugin(manifest, install, host, squadronPlugins);
    const { openAliases } = await import('./aliases.ts');
    return openAliases(manifest, tools ?? [], squadronPlugins);
  },
};

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
