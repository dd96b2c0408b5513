import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Adapter, Source } from '../../src/core/contract/adapter.ts';
import type { Host } from '../../src/core/contract/host.ts';
import type { MemberSpec } from '../../src/core/contract/member.ts';
import type { Manifest, Plugin } from '../../src/core/contract/plugin.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { folderDigest } from '../../src/host/folder-digest.ts';
import { startOnFirstCall } from '../../src/host/python/lazy-start.ts';
import { pythonOptions, pythonPaths } from '../../src/host/python/options.ts';
import { pythonMember } from '../../src/host/python/python-member.ts';
import { createReportedPlugin } from '../../src/host/reported-plugin.ts';
import { ADMIN_CODES } from './admin.ts';
import { Installs } from './installs.ts';
import { toOffer } from './offer.ts';
import { recognise, type Selected, type Selection } from './recognise.ts';
import { checkScaiWaveReport, type ScaiWaveReport } from './report.ts';

interface ScaiWaveManifest extends Manifest {
  readonly selected: Selected;
  readonly selection: Selection;
  readonly source: Source;
}

const RUNTIME = fileURLToPath(new URL('./runtime.py', import.meta.url));
/** on_install alone may take up to 60 s. */
const START_TIMEOUT_MS = 75_000;

const context = z.strictObject({
  tenant: z.record(z.string(), z.json()).optional().describe('attributes of ctx.tenant; default tenant_id: "default"'),
  roomId: z.string().min(1).optional(),
  senderId: z.string().min(1).optional(),
  userToken: z.string().optional(),
  dbUrl: z.string().optional().describe('SQLAlchemy URL of ctx.db, such as sqlite+aiosqlite:///notes.db'),
  redisUrl: z.string().optional().describe('URL of ctx.redis'),
});

/** Adapter for ScaiWave plugins: Python classes that inherit from BasePlugin. */
export const scaiwave: Adapter = {
  kind: 'scaiwave',
  adminCodes: ADMIN_CODES,
  options: {
    ...pythonOptions,
    grant: z.array(z.string()).optional().describe('ScaiWave: permissions granted to tools, such as external_http'),
    hideUngranted: z.boolean().optional().describe('ScaiWave: hide tools whose permissions are not granted'),
    context: context.optional().describe('ScaiWave: values in the context of every call'),
  },
  paths: pythonPaths,

  async read(source) {
    const selection = recognise(source);
    if (!selection) return null;
    const several = selection.plugins.length > 1;
    return selection.plugins.map((selected): ScaiWaveManifest => {
      const own = selected.id ?? selected.pick ?? basename(source.path, '.py');
      const id = several ? own : (source.key ?? own);
      return {
        id,
        ...(selected.id === undefined || id === selected.id ? {} : { alias: selected.id }),
        title: own,
        version: '0.0.0',
        adapter: 'scaiwave',
        origin: source.path,
        watch: [source.path],
        digest: folderDigest(source.path),
        selected,
        selection,
        source,
      };
    });
  },

  open: async (manifest, host) => openPlugin(manifest as ScaiWaveManifest, host),

  resetFailure(manifest, host) {
    const installs = installsOf(manifest as ScaiWaveManifest, host);
    if (!installs.installed) installs.forget();
  },
};

function installsOf({ id, source }: ScaiWaveManifest, host: Host): Installs {
  return new Installs(host.store(id), String(tenantOf(source).tenant_id), host.log.area(`plugin:${id}`));
}

function tenantOf({ entry }: Source): JsonObject {
  const { tenant } = (entry.options.context ?? {}) as { tenant?: JsonObject };
  return { tenant_id: 'default', ...tenant };
}

function openPlugin(manifest: ScaiWaveManifest, host: Host): Plugin {
  const { options } = manifest.source.entry;
  const { userToken } = (options.context ?? {}) as { userToken?: string };
  if (userToken !== undefined) host.hide(userToken);
  const installs = installsOf(manifest, host);
  const spec = toMember(manifest, installs, host);
  const member = startOnFirstCall(host.join(spec), {
    spec,
    digest: manifest.digest,
    keep: host.store(manifest.id),
    start: options.start,
    // The install hook runs when the plugin is enabled.
    urgent: !installs.installed,
    isComplete: isDescribed,
  });
  const common = {
    id: manifest.id,
    member,
    granted: (options.grant ?? []) as string[],
    hideUngranted: options.hideUngranted === true,
  };
  return {
    ...createReportedPlugin({
      manifest,
      member,
      isComplete: isDescribed,
      toOffer: (report) => (isDescribed(report) ? toOffer({ ...common, report: report as unknown as ScaiWaveReport }) : undefined),
    }),
    refresh({ caller: { principal }, session, clientName }) {
      if (member.report()?.bySession !== true || member.idle()) return undefined;
      return member.request('dynamic', { caller: { principal, session, client: clientName } }).then(
        () => undefined,
        (error: Error) => host.log.area(`plugin:${manifest.id}`).debug(`reading dynamic tools failed: ${error.message}`),
      );
    },
    async close(disabled) {
      if (disabled && installs.installed) {
        await member.request('uninstall', {}).catch((error: Error) => {
          host.log.area(`plugin:${manifest.id}`).error(`on_uninstall failed: ${error.message}. The plugin was disabled anyway.`);
        });
        installs.forget();
      }
      await member.leave();
    },
  };
}

// Before its hook has run and it has been described, a plugin has nothing to serve.
function isDescribed(report: JsonObject | undefined): boolean {
  return report?.described === true;
}

function toMember(manifest: ScaiWaveManifest, installs: Installs, host: Host): MemberSpec {
  const { selected, selection, source } = manifest;
  const { entry } = source;
  const { tenant: _, ...given } = (entry.options.context ?? {}) as JsonObject;
  return pythonMember(manifest, host, {
    module: RUNTIME,
    startMs: START_TIMEOUT_MS,
    callers: true,
    checkReport: checkScaiWaveReport,
    onAdapterCall: (method, params) => installs.answer(method, params),
    params: {
      ...selection.find,
      ...given,
      ...(selected.pick === undefined ? {} : { pick: selected.pick }),
      ...(selected.className === undefined ? {} : { className: selected.className }),
      // The first plugin reports other plugins found in the source, unless "allow" selects some.
      ...(entry.options.allow === undefined && selected === selection.plugins[0]
        ? { picks: selection.plugins.flatMap(({ pick }) => pick ?? []) }
        : {}),
      ...(entry.callsPerPlugin === undefined ? {} : { concurrency: entry.callsPerPlugin }),
      paths: entry.options.paths ?? [],
      settings: { ...entry.env, ...entry.settings, ...entry.credentials },
      tenant: tenantOf(source),
      ...(entry.options.standins === undefined ? {} : { standins: entry.options.standins }),
      ...(entry.options.instances === undefined ? {} : { instances: entry.options.instances }),
    },
  });
}
