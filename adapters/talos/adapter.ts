import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import type { Adapter, Source } from '../../src/core/contract/adapter.ts';
import type { Host } from '../../src/core/contract/host.ts';
import type { MemberSpec } from '../../src/core/contract/member.ts';
import type { Manifest, Plugin, Problem } from '../../src/core/contract/plugin.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { fileFault } from '../../src/core/file-fault.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { didYouMean } from '../../src/core/text/nearest.ts';
import { memberSpec } from '../../src/host/member-spec.ts';
import { createReportedPlugin } from '../../src/host/reported-plugin.ts';
import type { TalosManifest } from './manifest.ts';
import { CALL_TIMEOUT_MS, toOffer } from './offer.ts';
import { instructionsOf } from './prompt.ts';
import { recogniseFolder } from './recognise.ts';
import { toRecord } from './record.ts';
import { checkTalosReport, type TalosReport } from './report.ts';
import { toSettingsSchema } from './settings-schema.ts';
import { TalosTriggers } from './triggers.ts';

interface TalosPluginManifest extends Manifest {
  readonly talos: TalosManifest;
  readonly entryFile: string;
  readonly source: Source;
}

/** Adapter for Talos folder plugins: a `manifest.json`, an `index.ts` and an optional `prompt.md`. */
export const talos: Adapter = {
  kind: 'talos',
  callTimeoutMs: CALL_TIMEOUT_MS,
  options: {
    hostRoot: z.string().optional().describe('Talos: folder used as the root of the original host'),
    moduleRoots: z.array(z.string()).optional().describe('Talos: additional folders for resolving packages'),
    alwaysOn: z.array(z.string()).optional().describe('Talos: ids of triggers that run without a subscriber'),
  },
  paths: ['hostRoot', 'moduleRoots'],

  async read(source) {
    const found = recogniseFolder(source);
    if (!found) return null;
    const { manifest } = found;
    const id = source.key ?? manifest.id;
    const settings = toSettingsSchema(manifest);
    const read: TalosPluginManifest = {
      id,
      ...(id === manifest.id ? {} : { alias: manifest.id }),
      ...(manifest.logName === id ? {} : { logName: manifest.logName }),
      title: manifest.name,
      ...(manifest.description === '' ? {} : { description: manifest.description }),
      version: manifest.version,
      adapter: 'talos',
      origin: source.path,
      watch: [source.path],
      digest: found.digest,
      ...(settings ? { settings } : {}),
      talos: manifest,
      entryFile: found.entry,
      source,
    };
    return [read];
  },

  open: async (manifest, host) => openPlugin(manifest as TalosPluginManifest, host),
};

function openPlugin(manifest: TalosPluginManifest, host: Host): Plugin {
  const { id, talos: own, source } = manifest;
  const record = toRecord(own, source.entry);
  for (const secret of record.secrets) host.hide(secret);
  const alwaysOn = (source.entry.options.alwaysOn ?? []) as string[];
  const triggers = new TalosTriggers((...request) => member.request(...request), record.values, alwaysOn);
  const member = host.join(toMember(manifest, record.values, record.needs.length === 0, host, triggers));
  const prompt = readPrompt(source.path);
  const common = {
    id,
    manifest: own,
    instructions: prompt.instructions,
    needs: record.needs,
    problems: [...record.problems, ...prompt.problems, ...unknownTriggers(own, source)],
    call: (name: string) => (args: JsonObject, ctx: Parameters<typeof member.call>[2]) => member.call(name, args, ctx),
  };
  const plugin = createReportedPlugin({
    manifest,
    member,
    toOffer: (report) => toOffer({ ...common, report: report as TalosReport | undefined }),
  });
  return own.triggers.length === 0 ? plugin : { ...plugin, eventSources: triggers };
}

function unknownTriggers({ triggers }: TalosManifest, { entry }: Source): Problem[] {
  const known = triggers.map((t) => t.id);
  return ((entry.options.alwaysOn ?? []) as string[])
    .filter((id) => !known.includes(id))
    .map((id) => ({
      code: 'CONFIG_INVALID',
      subject: 'alwaysOn',
      message: `Unknown trigger "${id}".${didYouMean(id, known)}`,
    }));
}

function toMember(
  manifest: TalosPluginManifest,
  record: Readonly<Record<string, string>>,
  usable: boolean,
  host: Host,
  triggers: TalosTriggers,
): MemberSpec {
  const { talos: own, source } = manifest;
  const { entry } = source;
  const hostRoot = entry.options.hostRoot as string | undefined;
  const roots = [
    ...((entry.options.moduleRoots ?? []) as string[]),
    ...(hostRoot === undefined ? [] : [join(hostRoot, 'apps', 'server'), hostRoot]),
  ];
  const log = host.log.area(`plugin:${own.logName}`);
  return memberSpec(manifest, host, {
    group: entry.group ?? `talos:${source.folder ?? resolve(source.path, '..')}`,
    order: source.path,
    isolation: entry.isolation,
    runtime: {
      kind: 'node',
      module: new URL('./runtime.js', import.meta.url).href,
    },
    params: {
      id: own.id,
      entry: manifest.entryFile,
      functions: own.functions.map((f) => f.name),
      triggers: own.triggers.map((t) => t.id),
      record,
      usable,
      dataDir: host.dataDir(manifest.id),
      moduleRoots: roots,
      cacheDir: join(host.cacheDir, 'node'),
      ...(hostRoot === undefined
        ? {}
        : {
            location: {
              from: source.path,
              to: placeInHost(source.path, hostRoot, own.id, host),
            },
          }),
    },
    // createRequire() also searches here, even from a folder that does not exist.
    env:
      roots.length > 0
        ? {
            NODE_PATH: roots.map((root) => join(root, 'node_modules')).join(':'),
            ...entry.env,
          }
        : entry.env,
    checkReport: checkTalosReport,
    onAdapterCall: triggers.answer,
    log,
  });
}

// Plugins import their host as "../../apps/server", so a folder of symbolic links puts both side by side.
function placeInHost(folder: string, hostRoot: string, id: string, host: Host): string {
  if (resolve(folder, '..', '..') === hostRoot) return folder;
  const root = join(host.dataDir(id), '.host');
  try {
    rmSync(root, { recursive: true, force: true });
    mkdirSync(join(root, 'plugins'), { recursive: true, mode: 0o700 });
    symlinkSync(folder, join(root, 'plugins', id));
    symlinkSync(join(hostRoot, 'apps'), join(root, 'apps'));
    return join(root, 'plugins', id);
  } catch (error) {
    throw new GatewayError('PLUGIN_FAILED', `The folder of links for "hostRoot" cannot be created: ${(error as Error).message}.`, {
      fix: 'Make the state folder writable, or put the plugin below <hostRoot>/plugins.',
    });
  }
}

function readPrompt(folder: string): { instructions: string; problems: Problem[] } {
  try {
    return { instructions: instructionsOf(readFileSync(join(folder, 'prompt.md'), 'utf8')), problems: [] };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { instructions: '', problems: [] };
    const message = `The instructions cannot be read: ${fileFault(error)}.`;
    return { instructions: '', problems: [{ code: 'ENTRY_NOT_FOUND', subject: 'prompt.md', message }] };
  }
}
