import { isAbsolute } from 'node:path';
import type { Host } from '../../src/core/contract/host.ts';
import type { Offer, Plugin } from '../../src/core/contract/plugin.ts';
import type { LaunchContext, ProgramLaunch } from '../../src/core/contract/program-runtime.ts';
import type { Tool } from '../../src/core/contract/tool.ts';
import type { ErrorCode } from '../../src/core/error-codes.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { memberSpec } from '../../src/host/member-spec.ts';
import type { WireTool } from './go-plugin/messages.ts';
import type { SquadronReport } from './go-plugin/session.ts';
import { installFolder } from './install/home.ts';
import type { InstallRequest } from './install/install.ts';
import type { SquadronManifest } from './manifests.ts';
import { toOffer } from './offer.ts';
import { hideSecrets } from './settings.ts';
import type { SquadronPlugins } from './squadron-plugins.ts';

/** Losses after which a newer process may answer. */
const RETRIED: readonly ErrorCode[] = ['PLUGIN_CRASHED', 'PLUGIN_STOPPED'];
const START_MS = 60_000;
// Headroom for the protobuf envelope and for long tool lists.
const HEADROOM = 4 * 1024 * 1024;

/** Opens a program plugin. It is installed and started on first use. */
export function openProgramPlugin(
  manifest: SquadronManifest,
  install: InstallRequest,
  host: Host,
  squadronPlugins: SquadronPlugins,
): Plugin {
  const { id, options, notes, source } = manifest;
  const { entry } = source;
  const settings = manifest.values();
  hideSecrets(settings, host);
  const log = host.log.area(`plugin:${id}`);
  const startMs = entry.startTimeoutMs ?? START_MS;

  const launch = async (place: LaunchContext): Promise<ProgramLaunch> => {
    const { ensureInstalled } = await import('./install/install.ts');
    const logLine = (line: string): void => log.info(line);
    const program = await ensureInstalled(install, {
      env: entry.env,
      signal: place.signal,
      run: host.run,
      keep: host.store(id),
      proxy: host.proxy,
      onLine: logLine,
      step: logLine,
    });
    const { toLaunch } = await import('./go-plugin/launch.ts');
    const { unresponsiveMs: silentMs, resultBytes } = host.limits;
    const largestBytes = resultBytes + HEADROOM;
    return toLaunch(
      { ...program, fix: fixOf(install, program), fixed: isRelease(install), settings, tls: options.tls, startMs, silentMs, largestBytes },
      place,
    );
  };

  const member = host.join(
    memberSpec(manifest, host, {
      group: `squadron:${id}`,
      order: id,
      runtime: { kind: 'program', launch },
      params: {},
      startTimeoutMs: startMs,
    }),
  );

  const call =
    ({ name, idempotent }: WireTool): Tool['call'] =>
    async (args, ctx) => {
      try {
        return await member.call(name, args, ctx);
      } catch (error) {
        if (!idempotent || ctx.aborted || !(error instanceof GatewayError) || !RETRIED.includes(error.code)) throw error;
        // The author declares the tool idempotent, so the call is retried once within its deadline.
        return member.call(name, args, ctx);
      }
    };

  const toOwnOffer = (report: SquadronReport): Offer =>
    toOffer({ id, report, facts: factsOf(install), problems: notes.map((message) => ({ message })), call });

  // An older version of the plugin may still be serving: use its list until this one has listed.
  let report = squadronPlugins.lastReport(id);
  let offer = report && toOwnOffer(report);
  let started = false;
  const plugin: Plugin = {
    manifest,
    offer() {
      const latest = member.report() as unknown as SquadronReport | undefined;
      if (latest === undefined || latest === report) return offer;
      report = latest;
      offer = toOwnOffer(latest);
      squadronPlugins.listed(id, latest);
      return offer;
    },
    state: () => (started || member.state() !== 'ready' ? member.state() : 'opening'),
    error: member.error,
    async start() {
      started = true;
      await member.start();
    },
    onChange: (listener) => member.onChange(listener),
    async close() {
      squadronPlugins.closed(id, plugin);
      await member.leave();
    },
  };
  squadronPlugins.opened(id, plugin);
  return plugin;
}

function isRelease({ source }: InstallRequest): boolean {
  return source !== undefined && !isAbsolute(source);
}

function fixOf({ name, version, home, source }: InstallRequest, { command }: { readonly command: string }): string {
  const dir = installFolder(home, name, version);
  const again =
    source === undefined
      ? `build it for this machine with \`plugmux plugin build ${name} <source>\``
      : `remove ${dir}, so that it is ${isAbsolute(source) ? 'built' : 'installed'} again`;
  return `Run ${command} by hand to see more, or ${again}.`;
}

function factsOf(install: InstallRequest): Offer['facts'] {
  const { source, version } = install;
  return {
    source: isRelease(install) ? (source as string) : source === undefined ? 'already installed' : 'local folder',
    release: version,
  };
}
