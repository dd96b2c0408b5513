import { fileURLToPath } from 'node:url';
import { GatewayError, toError } from '../../src/core/errors.ts';
import { asObject, type JsonObject } from '../../src/core/json/json.ts';
import type { Runtime, RuntimeContext } from '../../src/host/node/runtime.ts';
import { createApi } from './runtime/api.ts';
import { KvStores } from './runtime/capabilities/kv-store.ts';
import { Secrets } from './runtime/capabilities/secrets.ts';
import { findPlugin } from './runtime/find-plugin.ts';
import { HookRunner } from './runtime/hooks/hook-runner.ts';
import { Monitors, type Notice } from './runtime/hooks/monitors.ts';
import { EthosPlugin } from './runtime/plugin.ts';
import { busOf, type EthosParams, type EthosStart, loadedIn } from './runtime/process-params.ts';
import { Registrations } from './runtime/registrations.ts';
import { Sessions } from './runtime/sessions.ts';
import { pluginCredentialRef } from './sdk/plugin-sdk.ts';

const sdk = (name: string): string => fileURLToPath(new URL(`./sdk/${name}.js`, import.meta.url));

/** Stand-ins for modules of the original host. A plugin's installed copy takes precedence. */
const STAND_INS = {
  '@ethosagent/plugin-sdk': sdk('plugin-sdk'),
  '@ethosagent/plugin-sdk/tool-helpers': sdk('tool-helpers'),
  '@ethosagent/plugin-sdk/testing': sdk('testing'),
  '@ethosagent/types': sdk('types'),
};

/** Runs Ethos plugins inside a plugin process. */
export const runtime: Runtime = {
  async open(raw, context) {
    const params = raw as unknown as EthosParams;
    refuseUnlessLoaded(params, context);
    context.stage('import');
    const { entry, cacheDir, folder } = params;
    const exports =
      entry === undefined ? { activate() {} } : await context.load({ entry, folder, cacheDir, moduleRoots: [], standIns: STAND_INS });
    const found = findPlugin(exports);
    context.log.info(`module shape: ${found.shape === 'activate' ? 'activate()' : `"${found.shape}" object`}`);
    context.stage('activate');
    const { api, parts, resume } = assemble(params, (await context.callAdapter('start', {})) as unknown as EthosStart, context);
    try {
      await found.activate(api);
    } catch (error) {
      parts.release();
      throw error;
    }
    const plugin = new EthosPlugin({ ...parts, found, context });
    parts.onChanged(() => plugin.changed());
    loadedIn(context).add(context.id);
    await resume();
    return plugin;
  },
};

function refuseUnlessLoaded({ dependencies }: EthosParams, context: RuntimeContext): void {
  const missing = dependencies.filter((id) => !loadedIn(context).has(id));
  if (missing.length === 0) return;
  throw new GatewayError('DEPENDENCY_MISSING', `It depends on ${missing.join(', ')}, which did not load.`, {
    fix: 'Fix that plugin first: see its entry in `plugmux doctor`.',
  });
}

function assemble(params: EthosParams, start: EthosStart, context: RuntimeContext) {
  const { log, callAdapter } = context;
  const registrations = new Registrations();
  const bus = busOf(context);
  const stores = new KvStores(callAdapter);
  const ends: (() => void)[] = [];
  let changed = (): void => undefined;

  const quietly = (asked: Promise<unknown>): void => void asked.catch((error) => log.warn(toError(error).message));
  const notify = async (notice: Notice, monitor?: string): Promise<void> => {
    const { sessionKey, message, payload } = notice ?? {};
    await callAdapter('notify', JSON.parse(JSON.stringify({ monitor, sessionKey, message: String(message ?? ''), payload })) as JsonObject);
  };
  const references = { ...start.references };
  const secrets = new Secrets(start.secrets, async (key, value) => {
    await callAdapter('secret.set', { key, value });
    references[pluginCredentialRef(params.pluginId, key)] = value;
  });
  const monitors: Monitors = new Monitors({
    find: (name) => registrations.monitors.get(name),
    context: (name, signal) => ({
      pluginId: params.pluginId,
      notify: (notice: Notice) => notify(notice, name),
      getSecret: (key: string) => secrets.get(key),
      kvStore: stores.open(`monitor:${name}`, undefined),
      signal,
      emit: (event: string, payload: unknown) => bus.emit(event, payload),
      diagnostics: (api as { diagnostics: unknown }).diagnostics,
    }),
    changed(name, running) {
      quietly(callAdapter('monitor', { name, params: running === undefined ? null : (JSON.parse(JSON.stringify(running)) as JsonObject) }));
      changed();
    },
    log: (message) => log.warn(message),
  });
  const api = createApi({
    params,
    registrations,
    secrets,
    monitors,
    bus,
    log,
    notify,
    changed: () => changed(),
    atEnd: (end) => void ends.push(end),
  });
  const hookRunner = new HookRunner({ params, references, sessions: new Sessions(), stores }, registrations, log);
  const release = (): void => {
    loadedIn(context).delete(context.id);
    monitors.close();
    for (const end of ends) end();
    secrets.clear();
    registrations.clear();
  };
  const resume = async (): Promise<void> => {
    for (const [name, given] of Object.entries(start.resume)) {
      if (registrations.monitors.has(name) && !monitors.isRunning(name)) monitors.start(name, asObject(given));
    }
    for (const key of start.changedSecrets) quietly(secrets.notify(key));
  };
  const onChanged = (listener: () => void): void => {
    changed = listener;
  };
  return { api, resume, parts: { registrations, monitors, hookRunner, release, onChanged } };
}
