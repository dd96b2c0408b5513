import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
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
    ignored: [
      ...bundle.problems,
      ...settings.problems,
      ...(packed ? [] : missingFiles(server, dir)),
      ...problems,
      ...runtimeProblems(bundle, String(server.command)),
      ...signed,
    ],
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

const CODE = /\.(?:[cm]?[jt]s|py|exe|sh)$/;

// A clone of a repository often lacks the server, which only a release has.
function missingFiles({ command, args }: JsonObject, dir: string): Problem[] {
  const words = [command, args].flat().filter((word): word is string => typeof word === 'string');
  const files = words.flatMap((word, i) => (CODE.test(word) || i === 0 ? [isAbsolute(word) ? word : resolve(dir, word)] : []));
  return files
    .filter((file, i) => file.startsWith(dir + sep) && (i > 0 || words[0]?.includes(sep) === true) && !existsSync(file))
    .map((file) => ({
      code: 'ENTRY_NOT_FOUND' as const,
      subject: 'server',
      message: `Its server starts ${relative(dir, file)}, which does not exist: it must be built first.`,
      fix: 'Use the packed bundle of a release, or build it as its README says.',
    }));
}

function refusePlatform({ platforms }: Bundle): void {
  if (platforms === undefined || platforms.includes(process.platform)) return;
  throw new GatewayError('MANIFEST_INVALID', `The bundle is for ${platforms.join(', ')} only, and this is ${process.platform}.`, {
    fix: 'Use it on a machine of that kind, or set "enabled": false in its entry.',
  });
}
