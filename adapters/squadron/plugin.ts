import { isAbsolute } from 'node:path';
import type { Entry } from '../../src/core/adapter.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { Host } from '../../src/core/host.ts';
import type { Manifest, Offer, Plugin } from '../../src/core/plugin.ts';
import type { LaunchPlace, ProgramLaunch } from '../../src/core/program-runtime.ts';
import type { Tool } from '../../src/core/tool.ts';
import type { WireTool } from './go-plugin/messages.ts';
import type { SquadronReport } from './go-plugin/session.ts';
import type { InstallRequest } from './install/install.ts';
import { toOffer } from './offer.ts';
import { toSettings } from './settings.ts';

const START_MS = 60_000;

/** A plugin of this format as it was found. */
export interface SquadronManifest extends Manifest {
  readonly entry: Entry;
  readonly install: InstallRequest;
}

/** Opens a plugin; nothing of it is installed or started before it is needed. */
export function openSquadronPlugin(manifest: SquadronManifest, host: Host): Plugin {
  const { id, entry, install } = manifest;
  const settings = toSettings(id, entry);
  const log = host.log.area(`plugin:${id}`);
  const startMs = entry.startTimeoutMs ?? START_MS;

  const launch = async (place: LaunchPlace): Promise<ProgramLaunch> => {
    const { ensureInstalled } = await import('./install/install.ts');
    const program = await ensureInstalled(install, { env: entry.env, signal: place.signal, log });
    const { toLaunch } = await import('./go-plugin/launch.ts');
    return toLaunch({ ...program, settings, tls: 'off', startMs, silentMs: 2_000 }, place);
  };

  const member = host.join({
    id,
    group: `squadron:${id}`,
    order: id,
    isolation: 'process',
    runtime: { kind: 'program', launch },
    params: {},
    cwd: entry.cwd,
    env: entry.env,
    startTimeoutMs: startMs,
    log,
  });

  const call =
    ({ name, idempotent }: WireTool): Tool['call'] =>
    async (args, ctx) => {
      try {
        return await member.call(name, args, ctx);
      } catch (error) {
        if (!idempotent || ctx.aborted || !(error instanceof GatewayError) || error.code !== 'PLUGIN_CRASHED') throw error;
        // The author says that twice is like once: sent again, a single time, within the same deadline.
        return member.call(name, args, ctx);
      }
    };

  let offer: Offer | undefined;
  let built: unknown;
  let started = false;
  return {
    manifest,
    offer() {
      const report = member.report();
      if (report === built) return offer;
      built = report;
      offer = report && toOffer({ id, report: report as unknown as SquadronReport, facts: factsOf(install), problems: [], call });
      return offer;
    },
    state: () => (started || member.state() !== 'ready' ? member.state() : 'opening'),
    error: member.error,
    async start() {
      started = true;
      await member.start();
    },
    onChange: (listener) => member.onChange(listener),
    close: member.leave,
  };
}

function factsOf({ source, version }: InstallRequest): Offer['facts'] {
  return { source: source === undefined ? 'installed' : isAbsolute(source) ? 'folder' : source, release: version };
}
