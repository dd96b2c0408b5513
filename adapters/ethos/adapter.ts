import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import * as z from 'zod';
import type { Adapter, Source } from '../../src/core/contract/adapter.ts';
import type { Host } from '../../src/core/contract/host.ts';
import type { Manifest } from '../../src/core/contract/plugin.ts';
import { VERSION } from '../../src/core/package.ts';
import { CALL_TIMEOUT_MS, type EthosManifest } from './manifest.ts';
import type { EthosCredential } from './read/package-file.ts';
import { type Recognised, recogniseSource } from './read/recognise.ts';
import { relate } from './read/relate.ts';

/** Adapter for Ethos plugins: folders and npm packages that export `activate(api)`. */
export const ethos: Adapter = {
  kind: 'ethos',
  callTimeoutMs: CALL_TIMEOUT_MS,
  options: {
    package: z.string().optional().describe('Ethos: name of an installed npm package, resolved by Node from the folder of this file'),
    ignoreContract: z.boolean().optional().describe('Ethos: load the plugin even if its contract version is not supported'),
    onGuardError: z
      .enum(['deny', 'allow'])
      .optional()
      .describe('Ethos: whether a failing before_tool_call hook denies or allows the call; default deny'),
    commandTools: z.boolean().optional().describe('Ethos: offer commands that run code as tools; default false'),
    publishOutput: z.boolean().optional().describe('Ethos: publish the output schemas of tools; default false'),
  },
  paths: [],
  selectors: ['package'],

  async read(source) {
    return recogniseSource(source)?.map((found) => toManifest(found, source)) ?? null;
  },

  relate: (manifests) => relate(manifests as EthosManifest[]),

  async open(manifest, host: Host) {
    const own = manifest as EthosManifest;
    if (own.fault) throw own.fault;
    const [{ openPlugin }, { readSkills }] = await Promise.all([import('./open.ts'), import('./read/skills.ts')]);
    return openPlugin(own, readSkills(own.found.folder, own.found.package.skillsDir), host);
  },
};

// Credentials are the only settings that a package declares.
function settingsOf(credentials: readonly EthosCredential[]): Pick<Manifest, 'settings'> {
  if (credentials.length === 0) return {};
  const properties = credentials.map(({ key, label }) => [key, { type: 'string', title: label, writeOnly: true }]);
  const required = credentials.filter((credential) => credential.required).map(({ key }) => key);
  return { settings: { type: 'object', properties: Object.fromEntries(properties), required } };
}

function toManifest(found: Recognised, source: Source): EthosManifest {
  const { package: pkg, pluginId, folderName } = found;
  const id = source.key ?? pluginId;
  const alias = [pluginId, folderName].find((name) => name !== id);
  const manifest: Manifest = {
    id,
    ...(alias === undefined ? {} : { alias }),
    ...(pluginId === id ? {} : { logName: pluginId }),
    title: pkg.name ?? pluginId,
    ...(pkg.description === undefined ? {} : { description: pkg.description }),
    version: pkg.version,
    adapter: 'ethos',
    origin: found.entry !== undefined && basename(source.path) === basename(found.entry) ? source.path : found.folder,
    watch: [found.folder],
    digest: createHash('sha256')
      .update(JSON.stringify([VERSION, found.digest, source.entry]))
      .digest('hex'),
    ...settingsOf(pkg.credentials),
    ...(found.scan.guards && source.entry.options.onGuardError !== 'allow' ? { guards: 'seen' } : {}),
  };
  return { ...manifest, found, source, group: `ethos:${id}`, order: id, dependencies: [] };
}
