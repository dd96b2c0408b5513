import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Adapter, Entry, Source } from '../../src/core/contract/adapter.ts';
import type { Host } from '../../src/core/contract/host.ts';
import type { MemberSpec } from '../../src/core/contract/member.ts';
import type { Manifest, Plugin } from '../../src/core/contract/plugin.ts';
import { GatewayError, toError } from '../../src/core/errors.ts';
import { asObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { folderDigest } from '../../src/host/folder-digest.ts';
import { startOnFirstCall } from '../../src/host/python/lazy-start.ts';
import { pythonOptions, pythonPaths } from '../../src/host/python/options.ts';
import { pythonMember } from '../../src/host/python/python-member.ts';
import { createReportedPlugin } from '../../src/host/reported-plugin.ts';
import { countCalls } from './count-calls.ts';
import { previewOf, unregisterPeer } from './enforce.ts';
import { joinWithFallback } from './join-with-fallback.ts';
import { answerState, dropState } from './kept-state.ts';
import { toOffer } from './offer.ts';
import { idOf, recognise, type Selected, type Selection } from './recognise.ts';
import { checkJaatoReport, type JaatoReport } from './report.ts';

interface JaatoManifest extends Manifest {
  readonly selected: Selected;
  readonly selection: Selection;
  readonly source: Source;
}

const RUNTIME = fileURLToPath(new URL('./runtime.py', import.meta.url));
/** Tools change at run time without an event, so list requests refresh the description at most this often. */
const REFRESH_MS = 5_000;
const MAX_REFRESH_MS = 1_000;
/** The original host gives initializers 30 s; some plugins load a model there. */
const START_TIMEOUT_MS = 30_000;

/** Adapter for jaato plugins: Python objects returned by `create_plugin()`, from a file, a package folder or an entry point. */
export const jaato: Adapter = {
  kind: 'jaato',
  options: {
    ...pythonOptions,
    entryPoints: z.array(z.string()).min(1).optional().describe('jaato: entry points to load, as <name> or <distribution>:<name>'),
    config: z.record(z.string(), z.record(z.string(), z.json())).optional().describe('jaato: settings by plugin name, for several plugins'),
    bareParents: z.enum(['auto', 'on', 'off']).optional().describe('jaato: import plugins without running their parent packages'),
    strictProtocol: z
      .union([z.boolean(), z.enum(['S', 'M', 'T'])])
      .optional()
      .describe("jaato: require every member that the host of the plugin's generation requires"),
    executorCall: z.enum(['auto', 'dict']).optional().describe('jaato: with "dict", executors always get one dict'),
    errorPrefix: z.boolean().optional().describe('jaato: treat results that begin with "Error:" as failures'),
    commandPrompts: z
      .enum(['shared', 'all'])
      .optional()
      .describe('jaato: with "all", commands for the user alone are prompts too, and their output may reach the model'),
    enforceWith: z
      .string()
      .optional()
      .describe("jaato: name of this entry's permission plugin, which authorizes every call of every plugin"),
  },
  paths: pythonPaths,
  selectors: ['entryPoints'],
  guards: ({ options }) => options.enforceWith !== undefined,

  async read(source) {
    const selection = recognise(source);
    if (!selection) return null;
    refuseMixedSettings(source.entry, selection);
    refuseUnknownGuard(source.entry, selection);
    return selection.plugins.map((selected): JaatoManifest => {
      const id = idOf(source, selection, selected);
      return {
        id,
        ...(id === selected.name ? {} : { alias: selected.name }),
        title: selected.name,
        version: '0.0.0',
        adapter: 'jaato',
        // The path of an installed plugin is known only to its interpreter.
        origin: selected.path ?? ((source.entry.options.paths ?? []) as string[])[0] ?? '',
        unselected: selection.unnamed,
        watch: selected.path === undefined ? [] : [selected.path],
        digest: selected.path === undefined ? JSON.stringify(selected.find) : folderDigest(selected.path),
        ...(isGuard(source.entry, selected) ? { guards: true } : {}),
        ...(selection.several ? { settingsAt: ['config', configKey(source.entry, selected)] } : {}),
        selected,
        selection,
        source,
      };
    });
  },

  open: async (manifest, host) => openPlugin(manifest as JaatoManifest, host),
};

function refuseMixedSettings({ settings, options }: Entry, { several }: Selection): void {
  const rule = 'An entry with one plugin uses "settings"; an entry with several uses "config", by plugin name.';
  if (several && Object.keys(settings).length > 0)
    throw new GatewayError('CONFIG_INVALID', rule, { fix: 'Move "settings" into "config".' });
  if (!several && options.config !== undefined) throw new GatewayError('CONFIG_INVALID', rule, { fix: 'Rename "config" to "settings".' });
}

function isGuard({ options }: Entry, { name, stem }: Selected): boolean {
  return options.enforceWith !== undefined && (options.enforceWith === name || options.enforceWith === stem);
}

// Without this check, a misspelled guard would allow every call.
function refuseUnknownGuard(entry: Entry, { plugins }: Selection): void {
  if (entry.options.enforceWith === undefined || plugins.some((plugin) => isGuard(entry, plugin))) return;
  const names = plugins.map((plugin) => plugin.name).join(', ');
  throw new GatewayError('CONFIG_INVALID', `"enforceWith" names "${entry.options.enforceWith}"; this entry has ${names}.`, {
    fix: 'Use one of these names.',
  });
}

function openPlugin(manifest: JaatoManifest, host: Host): Plugin {
  const { selected, guards } = manifest;
  if (selected.fault) throw selected.fault;
  const member = startOnFirstCall(
    joinWithFallback(host, (bare) => toMember(manifest, host, bare)),
    {
      spec: toMember(manifest, host, false),
      digest: manifest.digest,
      keep: host.store(manifest.id),
      start: manifest.source.entry.options.start,
      isComplete: isDescribed,
    },
  );
  const everyCommand = manifest.source.entry.options.commandPrompts === 'all';
  const calls = countCalls(member);
  const known = { id: manifest.id, host, member: calls.member, enforces: guards === true, everyCommand };
  let refreshed = 0;
  // At most two requests: one in progress, and one queued that sees all changes made before it starts.
  const asked: Promise<void>[] = [];
  const describe = (): Promise<void> => {
    const described = member
      .request('refresh', {})
      .catch((error) => host.log.debug(`describing plugin "${manifest.id}" again failed: ${toError(error).message}`))
      .then(() => void asked.splice(asked.indexOf(described), 1));
    asked.push(described);
    return described;
  };
  return {
    ...createReportedPlugin({
      manifest,
      member,
      isComplete: isDescribed,
      toOffer(report) {
        const read = report as JaatoReport | undefined;
        const config = configOf(manifest.source.entry, manifest.selection, selected);
        for (const key of read?.secretSettings ?? []) if (Object.hasOwn(config, key)) hideAll(config[key], host);
        return toOffer({ ...known, report: read });
      },
    }),
    refresh() {
      const changed = calls.ended();
      if (member.idle() || (!changed && performance.now() - refreshed < REFRESH_MS)) return undefined;
      refreshed = performance.now();
      const described = asked[1] ?? describe();
      // The next request sees tools that a call added or removed. A call in progress may keep the plugin busy, so the wait is limited.
      return changed ? Promise.race([described, sleep(MAX_REFRESH_MS, undefined, { ref: false })]) : undefined;
    },
    async close(disabled) {
      unregisterPeer(host, manifest.id, calls.member);
      await member.leave();
      if (disabled) dropState(host, manifest.id);
    },
  };
}

// Before its first description a plugin has nothing to serve.
function isDescribed(report: JsonObject | undefined): boolean {
  return report?.tools !== undefined;
}

function toMember(manifest: JaatoManifest, host: Host, bare: boolean): MemberSpec {
  const { id, selected, selection, source, guards } = manifest;
  const { entry } = source;
  const { options } = entry;
  return pythonMember(manifest, host, {
    module: RUNTIME,
    startMs: START_TIMEOUT_MS,
    sideBySide: true,
    params: {
      find: selected.find,
      bareParents: bare ? 'on' : (options.bareParents ?? 'auto'),
      ...(entry.callsPerPlugin === undefined ? {} : { concurrency: entry.callsPerPlugin }),
      config: configOf(entry, selection, selected),
      paths: options.paths ?? [],
      workspace: options.workspace ?? entry.cwd,
      enforce: guards === true,
      ...pick(options, ['standins', 'instances', 'strictProtocol', 'executorCall', 'errorPrefix']),
    },
    callers: options.instances === 'per-session',
    checkReport: checkJaatoReport,
    onAdapterCall: async (method, params) => (method === 'preview' ? previewOf(host, params) : answerState(host, id, method, params)),
  });
}

function configKey({ options }: Pick<Entry, 'options'>, { name, stem }: Pick<Selected, 'name' | 'stem'>): string {
  const all = asObject(options.config);
  return !Object.hasOwn(all, name) && Object.hasOwn(all, stem) ? stem : name;
}

function configOf({ settings, credentials, options }: Entry, { several }: Selection, { name, stem }: Selected): JsonObject {
  const own = several ? asObject(options.config)[configKey({ options }, { name, stem })] : settings;
  return { ...asObject(own), ...credentials };
}

function hideAll(value: JsonValue | undefined, host: Host): void {
  if (typeof value === 'string' || typeof value === 'number') host.hide(String(value));
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) hideAll(item, host);
}

function pick(options: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(options).filter(([key]) => keys.includes(key)));
}
