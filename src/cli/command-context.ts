import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config, PluginConfig } from '../config/config.ts';
import { toLimits } from '../config/limits.ts';
import { loadConfig } from '../config/load.ts';
import { locateConfig } from '../config/locate.ts';
import type { Adapter, OpenCommandContext } from '../core/contract/adapter.ts';
import { createHost } from '../host/host.ts';
import { discoverPlugins } from '../registry/discovery/sources.ts';
import { openState, type State } from '../store/open-state.ts';
import { logLevel } from './context.ts';
import { createLog } from './log.ts';
import { printMasked } from './print.ts';
import { ownRedactor } from './redactor.ts';

/** Opens what a format's own commands work with: the configuration if there is one, and a host that keeps nothing else. */
export function openCommandContext(adapter: Adapter): OpenCommandContext {
  return async ({ config: flag, logLevel: asked }) => {
    const redactor = ownRedactor;
    const { log, flush } = createLog(logLevel(asked, 'error'), redactor);
    const config = readConfig(flag, [adapter]);
    for (const secret of config?.secrets ?? []) redactor.add(secret);
    // A gateway may be running on the configured state: these commands leave it alone.
    const state = mkdtempSync(join(tmpdir(), 'plugmux-'));
    const own = openState(state, log, redactor.add);
    let kept: State | undefined;
    const host = createHost(state, config?.limits ?? toLimits(), own.pluginStore, log, redactor.add, () => config?.proxy);
    return {
      root: config?.dir,
      host,
      store(id) {
        if (!config) return undefined;
        kept ??= openState(config.state, log, redactor.add);
        return kept.pluginStore(id);
      },
      print: (line) => printMasked(undefined, false, () => line),
      async find(id) {
        if (!config) return undefined;
        const found = await discoverPlugins(onlyFormat(config, adapter), [adapter], host);
        return found.find((f) => f.id === id)?.manifest;
      },
      async close() {
        await host.close();
        own.store.close();
        kept?.store.close();
        flush();
        rmSync(state, { recursive: true, force: true });
      },
    };
  };
}

// Other formats' entries cannot be read here, and need not be.
function onlyFormat(config: Config, { kind }: Adapter): Config {
  const own = [...config.plugins].filter(([, { format }]: [string, PluginConfig]) => format === undefined || format === kind);
  return { ...config, plugins: new Map(own) };
}

function readConfig(flag: string | undefined, adapters: readonly Adapter[]): Config | undefined {
  let file: string;
  try {
    file = locateConfig({ flag, env: process.env, cwd: process.cwd(), here: true });
  } catch {
    return undefined;
  }
  return loadConfig(file, adapters, process.env);
}
