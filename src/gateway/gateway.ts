import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { Limits } from '../config/limits.ts';
import { createStopping, draining, unlessStopped } from '../core/abort/stopping.ts';
import { isLoopback } from '../core/addresses.ts';
import type { Caller } from '../core/contract/caller.ts';
import type { ResourceContents } from '../core/contract/content.ts';
import type { ListRequester } from '../core/contract/plugin.ts';
import type { JsonObject } from '../core/json/json.ts';
import type { Logger } from '../core/log.ts';
import type { Redactor } from '../core/secrets/redact.ts';
import type { Grants } from '../policy/grants.ts';
import type { Policy } from '../policy/policy.ts';
import type { ToolEntry } from '../registry/catalogue/catalogue.ts';
import type { Registry } from '../registry/registry.ts';
import { approvalsPrompt, listApprovals } from './approval/approval-list.ts';
import type { Approvals } from './approval/approvals.ts';
import type { Audit } from './audit/audit.ts';
import { createBegin } from './call/begin.ts';
import type { Call } from './call/call.ts';
import { createDeparted } from './call/departed.ts';
import { createEntitlement } from './call/entitlement.ts';
import { afterOpening, callLate, type LateCall, type OpeningParts, type Wanted } from './call/opening.ts';
import type { Outcome, PipelineParts } from './call/pipeline.ts';
import { createRefusals } from './call/refusals.ts';
import { createSemaphore, createSemaphoreQueue, createSemaphores, type Semaphore } from './call/semaphore.ts';
import { createReading, type Reading } from './reading.ts';
import { createResourceSubscriptions } from './resource-subscriptions.ts';
import { createResultCache } from './result/result-cache.ts';
import { createStoredResults } from './result/stored-results.ts';
import { createSessionTracker } from './session-tracker.ts';
import { type CallStats, createCallStats } from './stats/call-stats.ts';
import { createTracing, type Tracing } from './tracing.ts';
import { createAddresses } from './view/addresses.ts';
import { createHandedOut } from './view/handed-out.ts';
import { ownerOf } from './view/resources.ts';
import { createSessionViews } from './view/session-views.ts';
import { createView, type View } from './view/view.ts';

/** The configuration and its policy, which change together. */
export interface ActiveConfig {
  readonly config: Config;
  readonly policy: Policy;
}

/** The gateway's API for protocol layers. Contains no MCP types. */
export interface Gateway extends Reading {
  /** Whether a profile exists. */
  hasProfile(profile: string): boolean;
  /** The caller's current view; the same object until something changes. Without a session it has the tools of all sessions. */
  view(caller: Caller, session?: string): View;
  /** Lets plugins update their offers. Settles when all have; undefined if none has to. Clients are notified of changes later. */
  refresh(requester: ListRequester): Promise<void> | undefined;
  /** Settles when the plugins have listed, so that a first list is complete. Waits only once; rejects if the gateway stops first. */
  whenListed(): Promise<void> | undefined;
  /** The same for the reply to `initialize`: does not wait if offers of the last start are stored. */
  introduced(): Promise<void> | undefined;
  /** Settles when a plugin that is served from memory has opened or failed; undefined if it is not served from memory. */
  opening(pluginId: string): Promise<void> | undefined;
  /** Spans of calls; undefined unless calls are traced. */
  readonly tracing: Tracing | undefined;
  /** Calls a tool. Throws DRAINING; rejects with UNKNOWN_TOOL or for an invalid ticket. Every other failure is a result. */
  call(name: string, args: JsonObject, call: Call, audit: string, client?: Semaphore): Promise<Outcome>;
  /** Notifies plugins of a new session of a client. */
  sessionStarted(caller: Caller, session: string): void;
  /** Calls back after the catalogue or the policy has changed. */
  onChange(listener: () => void): void;
  /** Calls back when a resource changes, with its address as the client subscribed to it, and its plugin. */
  onUpdated(listener: (address: string, pluginId: string) => void): void;
  /**
   * Subscribes to a resource until the returned function is called. Undefined if the caller sees no such resource.
   */
  subscribe(address: string, caller: Caller): (() => void) | undefined;
  /** Applies a new configuration. */
  applyConfig(rules: ActiveConfig): void;
  /** Drops everything stored for callers that lost their access. */
  forget(isGone: (caller: Caller) => boolean): void;
  /** Rejects new calls from now on, and calls that wait for a plugin to open. */
  drain(): void;
  /** Counts and the latest calls. */
  readonly stats: CallStats;
  /** Calls in flight, of all plugins or one. */
  active(pluginId?: string): number;
}

/** Whether calls require an audit line: as configured, else if the gateway listens on other interfaces than loopback. */
export function isAuditRequired({ audit, listen }: Config): boolean {
  return audit.required ?? !isLoopback(listen.host);
}

/** Creates the gateway from registry, policy, limits and audit. */
export function createGateway(
  first: ActiveConfig,
  limits: Limits,
  registry: Registry,
  approvals: Approvals,
  grants: Grants,
  audit: Audit,
  redactor: Redactor,
  log: Logger,
  isOff: (profile: string, entry: ToolEntry) => boolean = () => false,
): Gateway {
  let rules = first;
  let views = new Map<string, View>();
  const stopping = createStopping();
  let waited = false;
  const listeners: (() => void)[] = [];
  const queue = createSemaphoreQueue(() => limits.calls);
  const subscriptions = createResourceSubscriptions(registry.setSubscriptions);
  const all = createSemaphore(() => limits.calls);
  const cache = createResultCache(limits);
  const kept = createStoredResults(limits);
  const handedOut = createHandedOut();
  const addresses = createAddresses(registry.catalogue, handedOut);

  const pluginSemaphore = createSemaphores((id) => registry.config(id)?.limits.callsPerPlugin ?? limits.callsPerPlugin);

  const stats = createCallStats(audit, () => rules.config.audit.arguments, redactor, queue.waiting);
  const departed = createDeparted(registry);
  const changed = (): void => {
    views = new Map();
    for (const listener of listeners) listener();
  };
  registry.onChange(() => {
    departed.note(views);
    changed();
  });

  const partsOf = ({ config }: ActiveConfig): PipelineParts => {
    const auditRequired = isAuditRequired(config);
    return { limits, queue, all, pluginSemaphore, approvals, audit, stats, auditRequired, redactor, log, cache, kept, addresses };
  };
  let parts = partsOf(first);
  let tracing = first.config.metrics.traces ? createTracing() : undefined;

  const own = [approvalsPrompt((caller) => listApprovals(view(caller), caller, grants))];
  const build = (profile: string, session?: string): View =>
    createView(registry.catalogue(), rules.policy, rules.config, profile, {
      prompts: own,
      session,
      isOff: (entry) => isOff(profile, entry),
      async skill({ name, plugin }) {
        await registry.opening(plugin.id);
        return view({ principal: '', profile, scopes: [] }).skills.byName.get(name);
      },
      redact: redactor.text,
    });
  const sessions = createSessionViews(build);
  const view = ({ profile }: Caller, session?: string): View => {
    let found = views.get(profile);
    if (!found) {
      found = build(profile);
      views.set(profile, found);
    }
    return session === undefined ? found : sessions.get(found, session);
  };

  const trackSession = createSessionTracker({ registry, log, middlewareOf: (caller) => view(caller).middleware });

  const mask = (contents: readonly ResourceContents[]) => redactor.texts(contents) as readonly ResourceContents[];
  const cleans = (pluginId: string): boolean => rules.config.plugins.get(pluginId)?.results === 'clean';

  const { refuse, refuseUnknown } = createRefusals({
    registry,
    parts: () => parts,
    policy: () => rules.policy,
    view: ({ caller, session }) => view(caller, session),
  });

  const refuseIfDraining = (): void => {
    if (stopping.reason) throw draining();
  };

  const find = (name: string, args: JsonObject, call: Call): Wanted | undefined => {
    const { tools, listed, search } = view(call.caller, call.session);
    const target = search?.resolve(name, args);
    const tool = target?.tool ?? listed.get(name) ?? tools.get(name);
    return tool && { name, sent: args, tool, args: target?.args ?? args };
  };

  const begin = createBegin({ approvals, refuse, parts: () => parts, entitle: createEntitlement(limits) });

  const opening: OpeningParts = { registry, limits, stopping };
  const after = <T>(ids: readonly string[], call: Call, run: () => Promise<T>): Promise<T> => afterOpening(ids, call, opening, run);

  const reading = createReading({
    limits,
    addresses,
    handedOut,
    kept,
    cleans,
    mask,
    view: (call) => view(call.caller),
    refuseIfDraining,
    after,
  });

  const whenListed = (): Promise<void> | undefined => {
    if (waited) return undefined;
    const pending = registry.whenListed(limits.firstListMs, 'first');
    if (!pending) return undefined;
    const whole = unlessStopped(pending, stopping).then(() => {
      waited = true;
    });
    // The rejection must not count as unhandled if no client waits.
    whole.catch(() => undefined);
    return whole;
  };

  return {
    hasProfile: (profile) => rules.policy.hasProfile(profile),
    view,
    refresh(requester) {
      const pending = registry.refresh(requester);
      return pending && Promise.race([pending, sleep(limits.firstListMs, undefined, { ref: false })]);
    },
    whenListed,
    // A client that connects while the gateway drains gets the lists that are available by then.
    introduced: () => (registry.knew() ? undefined : whenListed()?.catch(() => undefined)),
    opening: (pluginId) => registry.opening(pluginId),
    call(name, args, call, auditCaller, client) {
      refuseIfDraining();
      const { middleware, settings } = view(call.caller);
      call.bounds = settings.bounds;
      if (middleware.length > 0) trackSession(call.caller, call.session);
      // A guard that is still opening cannot be asked yet.
      const isReady = middleware.length === 0 || middleware.every(({ steps, opening }) => steps !== undefined && !opening);
      const wanted = isReady ? find(name, args, call) : undefined;
      if (wanted && !registry.opening(wanted.tool.entry.plugin.id)) return begin(wanted, call, auditCaller, client);
      const late: LateCall = {
        name,
        call,
        middleware,
        find: () => find(name, args, call),
        findLost: () => departed.find(call.caller, name, args),
        begin: (found, refusal) => begin(found, call, auditCaller, client, refusal),
        refuseUnknown: () => refuseUnknown(name, args, call, auditCaller),
      };
      return callLate(late, opening);
    },
    get tracing() {
      return tracing;
    },
    sessionStarted: trackSession,
    ...reading,
    onChange: (listener) => void listeners.push(listener),
    onUpdated(listener) {
      registry.onUpdated((pluginId, uri) => {
        const watched = [...subscriptions.addressesOf(pluginId, uri)];
        const own = (): string => registry.catalogue().renamed.get(pluginId)?.get(uri) ?? uri;
        for (const address of watched.length > 0 ? watched : [own()]) listener(address, pluginId);
      });
    },
    subscribe(address, caller) {
      const owner = ownerOf(address, view(caller), handedOut.find(caller, address));
      return owner && subscriptions.add(owner.pluginId, owner.uri, address);
    },
    applyConfig(next) {
      rules = next;
      parts = partsOf(next);
      tracing = next.config.metrics.traces ? (tracing ?? createTracing()) : undefined;
      departed.clear();
      changed();
      // A limit may have been raised, or lowered below the current contents.
      queue.release([]);
      kept.applyLimits();
      cache.applyLimits();
    },
    forget(isGone) {
      kept.forget(isGone);
      handedOut.forget(isGone);
    },
    drain: stopping.stop,
    stats,
    active: (pluginId) => (pluginId === undefined ? all : pluginSemaphore(pluginId)).active,
  };
}
