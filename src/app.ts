import { join } from 'node:path';
import type { Config } from './config/config.ts';
import type { Limits } from './config/limits.ts';
import type { TookFiles } from './config/load.ts';
import { createPermissionLog } from './config/permissions.ts';
import { createFileLook, type FileLook } from './config/reload/file-look.ts';
import { createLiveLimits } from './config/reload/live-limits.ts';
import { createWatcher, type Watcher } from './config/reload/watch.ts';
import type { Adapter } from './core/contract/adapter.ts';
import { setInstance } from './core/instance.ts';
import type { Logger } from './core/log.ts';
import type { Redactor } from './core/secrets/redact.ts';
import { createApprovals, promptClient } from './gateway/approval/approvals.ts';
import { type ConsoleApprovals, createConsoleApprovals } from './gateway/approval/console-approvals.ts';
import { createAudit, proveAudit } from './gateway/audit/audit.ts';
import { createAuditHeads } from './gateway/audit/audit-heads.ts';
import { createRejections, createReload, type Rejection } from './gateway/config-reload.ts';
import { createEndedProfiles } from './gateway/ended-profiles.ts';
import { createGateway, type Gateway, isAuditRequired } from './gateway/gateway.ts';
import { createPluginAdmin, type PluginAdmin } from './gateway/plugin-admin.ts';
import { createSettingsAdmin, type SettingsAdmin } from './gateway/settings-admin.ts';
import { createLogRing, type LogRing } from './gateway/stats/log-ring.ts';
import { createStoreWatch } from './gateway/store-watch.ts';
import { createToolSwitchAdmin, type ToolSwitchAdmin } from './gateway/tool-switch-admin.ts';
import { createHintLines } from './gateway/view/unused-hints.ts';
import { createHost } from './host/host.ts';
import { createEngine, type Engine } from './mcp/engine.ts';
import { createEnablement } from './policy/enablement.ts';
import { createGrants, type Grants } from './policy/grants.ts';
import { createPins, type Pins } from './policy/pins.ts';
import { createPolicy, type Policy } from './policy/policy.ts';
import { refusalOf } from './policy/refusal.ts';
import { createRuleSource, type Rules } from './policy/rule-source.ts';
import { createTickets } from './policy/tickets.ts';
import { discoverPlugins } from './registry/discovery/sources.ts';
import { createOfferMemory } from './registry/offer/offer-memory.ts';
import type { PluginStatus } from './registry/plugin-status.ts';
import { createReadiness } from './registry/readiness.ts';
import { createRegistry, type Registry } from './registry/registry.ts';
import { createStoredValues } from './registry/settings/stored-values.ts';
import { openState } from './store/open-state.ts';
import { createPinTable } from './store/pin-table.ts';
import type { StateFile } from './store/state-file.ts';
import { createTriggers } from './triggers/triggers.ts';

/** The parts that the app is built from. */
export interface AppParts {
  readonly config: Config;
  readonly adapters: readonly Adapter[];
  readonly redactor: Redactor;
  readonly log: Logger;
  /** The latest lines of the log. */
  readonly logRing?: LogRing;
  /** Runs with a damaged store, treating every plugin as disabled; otherwise createApp throws STORE_DAMAGED. */
  readonly acceptDamage?: boolean;
  /** The app will run calls: if the configuration requires an audit log, a first line must be written. */
  readonly forCalls?: boolean;
}

/** Delay before an unreadable store is read again. */
const STORE_AGAIN_MS = 5_000;

/** The running gateway, without any transport. */
export interface App {
  readonly gateway: Gateway;
  readonly registry: Registry;
  readonly engine: Engine;
  readonly grants: Grants;
  readonly approvals: ConsoleApprovals;
  readonly pins: Pins;
  config(): Config;
  rejection(): Rejection | undefined;
  /** The limits in effect; reading a property returns its present value. */
  readonly limits: Limits;
  policy(): Policy;
  /** Applies a new configuration, or the same one after plugins have changed. Calls in flight continue. */
  applyConfig(config: Config): Promise<void>;
  /** Calls back with each new configuration once it is applied. */
  onConfig(listener: (config: Config) => void): void;
  readonly admin: PluginAdmin;
  /** The latest lines of the log. */
  readonly logs: LogRing;
  readonly settings: SettingsAdmin;
  readonly switches: ToolSwitchAdmin;
  /** The database of the state folder. */
  readonly stateFile: StateFile;
  redact(text: string): string;
  /** Counts a failed login for the audit log. */
  failedLogin(address: string, reason: string): void;
  /** Watches the configuration file and the plugins. `load` reads the file again and throws if it is invalid. */
  watchConfig(load: (took: TookFiles) => Config): Promise<void>;
  /** Whether every plugin has opened or failed once, or `firstListMs` has passed. Once true, it stays true. */
  ready(): boolean;
  /** Calls in flight. */
  calls(): number;
  plugins(): readonly PluginStatus[];
  /** Rejects new calls and ends long-lived streams. */
  drain(): void;
  /** Drains, stops the plugins, and flushes the audit log and the store. */
  close(): Promise<void>;
  /** Kills the plugins that are still running. */
  kill(): void;
}

/** Builds the layers in order and opens the plugins; closes them in reverse. */
export async function createApp({
  config: first,
  adapters,
  redactor,
  log,
  logRing = createLogRing(),
  acceptDamage = false,
  forCalls = false,
}: AppParts): Promise<App> {
  let config = first;
  let policy = createPolicy(config);
  let watcher: Watcher | undefined;
  let look: FileLook | undefined;
  const warnOfPermissions = createPermissionLog(log);
  let applying: Promise<void> = Promise.resolve();
  const { limits, replace: replaceLimits } = createLiveLimits(config.limits);
  const listeners: ((config: Config) => void)[] = [];
  const rejections = createRejections(() => config);
  const registerSecrets = (next: Config): void => {
    for (const secret of next.secrets) redactor.add(secret);
    for (const warning of next.warnings) log.warn(warning);
  };
  registerSecrets(config);

  const { store, key: stateKey, pluginStore, settings, toolSwitches } = openState(config.state, log, redactor.add);
  setInstance(stateKey, config.file);
  if (!acceptDamage) store.refuseUnusable();
  const host = createHost(config.state, limits, pluginStore, log, redactor.add, () => config.proxy);
  const memory = createOfferMemory(store, stateKey, config.file, log);
  const pins = createPins(config, createPinTable(store.file, config.file ?? ''), log);
  await pins.refresh();
  const registry = createRegistry(host, store, log, memory, pins.filter);
  const grants = createGrants(store);
  const inConsole = createConsoleApprovals({ limits, redactor, catalogue: registry.catalogue, placeOf: (...of) => policy.placeOf(...of) });
  const tickets = createTickets(store, () => limits.askMs);
  const approvals = createApprovals(tickets, grants, redactor, [promptClient, inConsole.prompt], inConsole.isOffered);
  const audit = createAudit(join(config.state, 'audit'), () => config.audit.arguments, log, redactor, createAuditHeads(store, log));
  if (forCalls && isAuditRequired(config)) await proveAudit(audit, config.state);
  const triggers = createTriggers(adapters, { file: store.file, limits, config: () => config, runs: forCalls, key: stateKey, log });
  const gateway = createGateway({ config, policy }, limits, registry, approvals, grants, audit, redactor, log, toolSwitches.isOff);
  const engine = createEngine(gateway, limits, () => config.tokens.length === 0 && !config.jwt, redactor, log, triggers);

  const drain = (): void => {
    gateway.drain();
    host.stopping.stop();
    engine.endStreams();
    inConsole.close();
  };
  const ownFiles = (): readonly string[] => [...(config.file === undefined ? [] : [config.file]), ...config.files];
  const watchAll = (): void => {
    const plugins = registry.plugins().flatMap((plugin) => plugin.watch);
    // A rejected configuration may name a missing file; watch for it, since creating it can fix the error.
    watcher?.set([...ownFiles(), ...(look?.files ?? []), ...config.pluginFolders, ...plugins]);
    // Runs in the background: it only logs warnings.
    const origins = registry.plugins().map(({ origin }) => origin);
    if (watcher) void warnOfPermissions(config, origins);
  };

  // A plugin that was removed from the file keeps its rules until it is closed.
  const ruleSource = createRuleSource();
  const rulesOf = (next: Config): Rules => ruleSource.of(next, offered);
  const setRules = (rules: Rules): void => {
    ({ policy } = rules);
    gateway.applyConfig(rules);
  };

  // Plugins can define profiles, so the policy, and with it every view, can change with them.
  let offered = registry.catalogue().profiles;
  const tellUnusedHints = createHintLines(registry, log);
  registry.onChange(({ profiles }) => {
    tellUnusedHints(config);
    if (JSON.stringify(profiles) === JSON.stringify(offered)) return;
    offered = profiles;
    setRules(rulesOf(config));
  });

  const profiles = createEndedProfiles((gone, error) => engine.revoke(({ profile }) => gone.has(profile), error), log);

  // Applies everything that does not depend on plugins. Throws before anything has changed.
  const hold = (next: Config): void => {
    const undo = ruleSource.retain(config.plugins);
    let rules: Rules;
    try {
      rules = rulesOf(next);
    } catch (error) {
      undo();
      throw error;
    }
    config = next;
    replaceLimits(next.limits);
    profiles.keep(policy);
    setRules(rules);
    engine.applyLimits();
    for (const listener of listeners) listener(config);
  };

  const enablement = createEnablement(store, log);
  const storedValues = createStoredValues(settings, redactor.add);
  let again: NodeJS.Timeout | undefined;
  const applyPlugins = async (): Promise<void> => {
    const now = config;
    clearTimeout(again);
    const undecided = enablement.check();
    if (!undecided) toolSwitches.load(log);
    storeWatch.note();
    const found = await discoverPlugins(now, triggers.adapters, host, storedValues(now, undecided));
    if (undecided) again = setTimeout(() => void applyConfig().catch(() => undefined), STORE_AGAIN_MS).unref();
    // The rules of a new server apply before it is listed.
    if (ruleSource.opening(found)) setRules(rulesOf(config));
    await registry.apply(found, limits, (item) => refusalOf(item, policy, enablement));
    watchAll();
    if (config !== now) return;
    ruleSource.settled(found);
    setRules(rulesOf(now));
    profiles.end(policy);
  };
  const applyConfig = (): Promise<void> => {
    // Try this even if the steps before failed.
    applying = applying.catch(() => undefined).then(applyPlugins);
    return applying;
  };
  const changed = (): void => setRules(rulesOf(config));
  const storeWatch = createStoreWatch({ store, toolSwitches, settings, enablement, pins, registry, changed, applyConfig, log });
  await applyPlugins();

  const record: PluginAdmin['record'] = async (by, fields) => {
    audit.event('admin', { ...by, ...fields });
    if (isAuditRequired(config)) await audit.written();
  };

  return {
    admin: createPluginAdmin(registry, enablement, applyConfig, record),
    logs: logRing,
    settings: createSettingsAdmin({ registry, settings, memory, config: () => config, applyConfig, record }),
    switches: createToolSwitchAdmin({ registry, policy: () => policy, switches: toolSwitches, changed, record }),
    stateFile: store.file,
    gateway,
    grants,
    approvals: inConsole,
    pins,
    registry,
    engine,
    config: () => config,
    rejection: rejections.current,
    limits,
    onConfig: (listener) => void listeners.push(listener),
    policy: () => policy,
    ready: createReadiness(registry, () => limits.firstListMs),
    calls: () => gateway.active(),
    plugins: registry.plugins,
    applyConfig(next) {
      registerSecrets(next);
      hold(next);
      return applyConfig();
    },
    redact: redactor.text,
    failedLogin: audit.failedLogin,
    async watchConfig(load) {
      const reload = createReload({
        load: () => load((files, stamp) => look?.took(files, stamp)),
        config: () => config,
        hold,
        applyConfig,
        registry,
        audit,
        redactor,
        log,
        rejections,
        rejected: watchAll,
      });
      look = createFileLook(ownFiles(), config.stamp, reload);
      // A change between the first reading and the start of the watcher would be missed.
      pins.watch(registry.rebuild);
      storeWatch.start();
      watcher = await createWatcher(reload, look.now, log);
      watchAll();
    },
    drain,
    async close() {
      drain();
      clearTimeout(again);
      look?.close();
      pins.close();
      storeWatch.close();
      await watcher?.close();
      engine.close();
      await applying.catch(() => undefined);
      await registry.close();
      await host.close();
      await audit.close();
      store.close();
    },
    kill: host.kill,
  };
}
