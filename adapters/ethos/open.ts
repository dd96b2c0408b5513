import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Host } from '../../src/core/contract/host.ts';
import type { MemberSpec } from '../../src/core/contract/member.ts';
import type { Offer, Plugin } from '../../src/core/contract/plugin.ts';
import type { PluginStore } from '../../src/core/contract/plugin-store.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/json.ts';
import { expectText, objectIn, textIn } from '../../src/host/group/wire.ts';
import { memberSpec } from '../../src/host/member-spec.ts';
import { toRuntimeCaller } from '../../src/host/node/runtime.ts';
import type { EthosManifest } from './manifest.ts';
import { readHealth, toHealthProblems } from './offer/health.ts';
import { answerStore } from './offer/kept-values.ts';
import { toMiddleware } from './offer/middleware.ts';
import { Notices } from './offer/notices.ts';
import { toOffer } from './offer/offer.ts';
import { toSkills } from './offer/skills.ts';
import { openVault } from './offer/vault.ts';
import type { readSkills } from './read/skills.ts';
import { checkEthosReport, type EthosReport } from './report.ts';
import type { EthosParams } from './runtime/process-params.ts';

const MONITOR = 'monitor:';

/** Opens a plugin. Its process starts on first use. */
export function openPlugin(manifest: EthosManifest, { skills: read, problems }: ReturnType<typeof readSkills>, host: Host): Plugin {
  const { id, source, found } = manifest;
  const log = host.log.area(`plugin:${found.pluginId}`);
  const keep = host.store(id);
  const vault = openVault(keep, found.pluginId, source.entry.credentials);
  // Secrets from mcp.json are redacted already; those written by the plugin are not.
  for (const secret of Object.values(vault.secrets())) host.hide(secret);
  const notices = new Notices(id);
  const required = found.package.credentials.filter((credential) => credential.required).map(({ key }) => key);
  const skills = toSkills(id, read, () => host.limits.resultBytes);
  const listeners: (() => void)[] = [];
  let report: EthosReport | undefined;
  let offer: Offer | undefined;

  const refresh = (): void => {
    offer = undefined;
    for (const listener of listeners) listener();
  };

  const answer = async (method: string, params: JsonObject): Promise<JsonValue> => {
    if (method.startsWith('kv.')) return answerStore(keep, method, params);
    switch (method) {
      case 'start':
        return {
          secrets: { ...vault.secrets() },
          references: { ...vault.references() },
          changedSecrets: [...vault.takeChanged()],
          resume: runningMonitors(keep),
        };
      case 'secret.set':
        vault.set(textIn(params, 'key'), textIn(params, 'value'));
        host.hide(textIn(params, 'value'));
        refresh();
        return null;
      case 'monitor':
        if (params.params === null) keep.delete(MONITOR + textIn(params, 'name'));
        else keep.set(MONITOR + textIn(params, 'name'), JSON.stringify(objectIn(params, 'params')));
        return null;
      case 'notify':
        log.info(`notice${typeof params.monitor === 'string' ? ` of ${params.monitor}` : ''}: ${textIn(params, 'message')}`);
        if (notices.add(params)) refresh();
        return null;
      default:
        throw new GatewayError('METHOD_NOT_FOUND', `The Ethos adapter has no method "${method}".`);
    }
  };
  const member = host.join(toMember(manifest, host, log, answer));
  const onError = (source.entry.options.onGuardError as 'deny' | 'allow' | undefined) ?? 'deny';

  const build = (): Offer | undefined => {
    const needs = required.filter((key) => (vault.secrets()[key] ?? '') === '');
    if (report === undefined && needs.length === 0) return undefined;
    return toOffer(report, {
      manifest,
      needs,
      call: (name) => (args, ctx) => member.call(name, args, ctx),
      compose: async (ctx) =>
        expectText(await member.request('compose', { ...toRuntimeCaller(ctx) } as unknown as JsonObject), 'its text for the prompt'),
      middleware: report && toMiddleware(report, member, onError, manifest.guards !== undefined),
      async cacheKey(tool, args) {
        const key = await member.request('cacheKey', { tool, args });
        return typeof key === 'string' ? key : undefined;
      },
      command: async (params) => expectText(await member.request('prompt', params), 'the text of a command'),
      notices: notices.resources(report?.monitors.map(({ name }) => name) ?? []),
      skills,
      problems,
    });
  };

  member.onChange(() => {
    const now = member.report();
    // Before `ready` the plugin is only partly loaded.
    if (member.state() === 'ready' && now !== undefined && now !== (report as unknown)) {
      report = now as unknown as EthosReport;
      offer = undefined;
    }
  });
  return {
    manifest,
    offer() {
      offer ??= build();
      return offer;
    },
    state: member.state,
    error: member.error,
    start: () => member.start(),
    refresh() {
      // A plugin that has not run has nothing to report, and a list request must not start it.
      if (member.report() !== undefined) void member.request('look', {}).catch(() => undefined);
    },
    async check() {
      if (!report || report.healthChecks.length === 0 || member.state() !== 'ready') return [];
      return toHealthProblems(readHealth(await member.request('check', {})));
    },
    onChange(listener) {
      listeners.push(listener);
      member.onChange(listener);
    },
    onUpdated: (listener) => notices.onAdded(listener),
    close: member.leave,
  };
}

function toMember(manifest: EthosManifest, host: Host, log: Host['log'], answer: NonNullable<MemberSpec['onAdapterCall']>): MemberSpec {
  const { id, found, source, dependencies } = manifest;
  const { entry } = source;
  const params: EthosParams = {
    pluginId: found.pluginId,
    ...(found.entry === undefined ? {} : { entry: found.entry }),
    folder: projectFolder(found.folder, source.root),
    dependencies,
    onGuardError: entry.options.onGuardError === 'allow' ? 'allow' : 'deny',
    publishOutput: entry.options.publishOutput === true,
    workingDir: entry.cwd,
    dataDir: host.dataDir(id),
    cacheDir: join(host.cacheDir, 'node'),
  };
  return memberSpec(manifest, host, {
    group: manifest.group,
    order: manifest.order,
    isolation: entry.isolation,
    runtime: { kind: 'node', module: new URL('./runtime.js', import.meta.url).href },
    params: params as unknown as JsonObject,
    log,
    callers: true,
    checkReport: checkEthosReport,
    onAdapterCall: answer,
  });
}

// A directly named entry file may be in a subfolder of its package.
function projectFolder(folder: string, root: string): string {
  const above = [folder, dirname(folder), dirname(dirname(folder))];
  return above.slice(0, above.indexOf(root) >>> 0).find((dir) => existsSync(join(dir, 'package.json'))) ?? folder;
}

function runningMonitors(keep: PluginStore): JsonObject {
  const running = [...keep.entries()].filter(([key]) => key.startsWith(MONITOR));
  return Object.fromEntries(running.map(([key, params]) => [key.slice(MONITOR.length), JSON.parse(params) as JsonObject]));
}
