import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '../../../src/core/contract/adapter.ts';
import type { Host } from '../../../src/core/contract/host.ts';
import type { Manifest, Problem } from '../../../src/core/contract/plugin.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import type { Found } from '../recognise.ts';
import { type Bundle, readManifest } from './bundle.ts';
import { runtimeProblems } from './runtimes.ts';
import { toServerEntry } from './server-entry.ts';
import { readSettings } from './settings.ts';
import { toId } from './to-id.ts';

/** The name of a bundle's server below its plugin. */
export const SERVER = 'server';

/** A manifest with what `open` needs. */
export interface BundleManifest extends Manifest {
  readonly bundle: Bundle;
  readonly facts: JsonObject;
}

/** Reads a bundle: its manifest, its settings and its server. Unpacks nothing. */
export async function readBundle(source: Source, found: Found, host: Host): Promise<BundleManifest> {
  const packed = found.kind === 'packed' ? await (await import('../archive/packed.ts')).openPacked(source.path, host) : undefined;
  const text = found.kind === 'folder' ? found.text : (packed?.manifest ?? '');
  const bundle = readManifest(text);
  refusePlatform(bundle);
  const dir = packed?.dir ?? realpathSync(source.path);
  const settings = readSettings(bundle.userConfig, source.entry, source.root);
  for (const secret of settings.secrets) host.hide(secret);
  const { server, needs, inCommand, problems } = toServerEntry(bundle, settings, dir, host.cacheDir);
  const properties = Object.fromEntries(
    Object.entries(settings.properties).map(([key, schema]) => [key, inCommand.has(key) ? { ...schema, 'x-command': true } : schema]),
  );
  const own = toId(bundle.name);
  const id = source.key ?? own;
  const signed: Problem[] = packed?.signature === undefined ? [] : [{ subject: 'signature', message: packed.signature }];
  const yielded: Source = {
    key: SERVER,
    path: source.root,
    root: source.root,
    server,
    at: () => join(source.path, found.kind === 'folder' ? 'manifest.json' : ''),
    entry: { settings: {}, credentials: {}, isolation: source.entry.isolation, cwd: dir, env: {}, options: {} },
    ...(needs.length === 0 ? {} : { needs }),
    ...(packed ? { prepare: (signal) => packed.unpack(String(server.command), signal) } : {}),
  };
  return {
    id,
    ...(id === own ? {} : { alias: own }),
    ...(bundle.title === undefined ? {} : { title: bundle.title }),
    ...(bundle.description === undefined ? {} : { description: bundle.description }),
    version: bundle.version,
    adapter: 'mcpb',
    origin: source.path,
    ignored: [...bundle.problems, ...settings.problems, ...problems, ...runtimeProblems(bundle, String(server.command)), ...signed],
    watch: [found.kind === 'folder' ? join(source.path, 'manifest.json') : source.path],
    digest: createHash('sha256')
      .update(JSON.stringify([packed?.digest ?? text, properties]))
      .digest('hex'),
    ...(Object.keys(properties).length === 0 ? {} : { settings: { type: 'object', properties, required: [...settings.required] } }),
    yields: [yielded],
    announces: { tools: bundle.tools, isComplete: !bundle.generatesTools },
    bundle,
    facts: {
      dialect: `${bundle.manifestVersion} ${bundle.type}`,
      ...(bundle.tools.length === 0 ? {} : { declaredTools: [...bundle.tools] }),
      ...(Object.keys(bundle.runtimes).length === 0 ? {} : { runtimes: { ...bundle.runtimes } }),
      ...(packed ? { sha256: packed.digest } : {}),
    },
  };
}

function refusePlatform({ platforms }: Bundle): void {
  if (platforms === undefined || platforms.includes(process.platform)) return;
  throw new GatewayError('MANIFEST_INVALID', `The bundle is for ${platforms.join(', ')} only, and this is ${process.platform}.`, {
    fix: 'Use it on a machine of that kind, or set "enabled": false in its entry.',
  });
}
