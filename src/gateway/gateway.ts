import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { Limits } from '../config/limits.ts';
import { isLoopback } from '../core/addresses.ts';
import type { Caller } from '../core/caller.ts';
import type { ResourceContents } from '../core/content.ts';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Logger } from '../core/log.ts';
import { didYouMean } from '../core/nearest.ts';
import type { Asker } from '../core/plugin.ts';
import type { PromptResult } from '../core/prompt.ts';
import type { Redactor } from '../core/redact.ts';
import type { ReadResult } from '../core/resource.ts';
import { showName } from '../core/text.ts';
import type { Grants } from '../policy/grants.ts';
import type { Policy } from '../policy/policy.ts';
import type { Registry } from '../registry/registry.ts';
import { createAddresses } from './addresses.ts';
import { admitPrompt } from './admit.ts';
import { approvalsPrompt, listApprovals } from './approval-list.ts';
import type { Approvals, Returned } from './approvals.ts';
import { checkArguments } from './arguments.ts';
import type { Audit } from './audit.ts';
import { unknownFields } from './audit-fields.ts';
import { bounded } from './bounded.ts';
import type { Call } from './call.ts';
import { type Outcome, type PipelineParts, runCall } from './call-pipeline.ts';
import { createGreetings } from './greetings.ts';
import { guard } from './guard.ts';
import { createHandedOut } from './handed-out.ts';
import { createKeptResults } from './kept-results.ts';
import { tell } from './middleware.ts';
import { ownerOf, readResource } from './resources.ts';
import { createResultCache } from './result-cache.ts';
import { createSessionViews } from './session-views.ts';
import { createSlotQueue, createSlots, type Slots } from './slots.ts';
import { createView, type View } from './views.ts';
import { createWatches } from './watches.ts';

/** The configuration and the policy made from it: they change together. */
export interface Rules {
  readonly config: Config;
  readonly policy: Policy;
}

/** Everything a protocol can ask of the house, in the house's own words. */
export interface Gateway {
  /** Whether a profile exists. */
  knows(profile: string): boolean;
  /** What a caller sees now; the same object until something changes. Without a session it is what all sessions see together. */
  view(caller: Caller, session?: string): View;
  /** Lets plugins look whether what they offer has changed; a change is told to clients later. Waits for those that promise it. */
  refresh(asker: Asker): Promise<void> | undefined;
  /** Settles when the plugins have listed what they offer, so that a first list is complete; waits once and not again. */
  listed(): Promise<void> | undefined;
  /** Calls a tool. Throws DRAINING at once and rejects with UNKNOWN_TOOL and for a bad ticket; every other failure is a result. */
  call(name: string, args: JsonObject, call: Call, audit: string, client?: Slots): Promise<Outcome>;
  getPrompt(name: string, args: Readonly<Record<string, string>>, call: Call): Promise<PromptResult>;
  readResource(uri: string, call: Call): Promise<ReadResult>;
  /** A client's session has begun. */
  greet(caller: Caller, session: string): void;
  /** Calls back after the catalogue or the policy has changed. */
  onChange(listener: () => void): void;
  /** Calls back with the address, as somebody watches it, of a resource whose contents have changed, and the plugin it belongs to. */
  onUpdated(listener: (address: string, pluginId: string) => void): void;
  /**
   * Lets the plugin of a resource know that somebody wants to hear of its changes, until the returned function is called.
   * Undefined where the caller sees no such resource.
   */
  watch(address: string, caller: Caller): (() => void) | undefined;
  /** Takes over a new configuration. */
  adopt(rules: Rules): void;
  /** Forgets what is kept for callers that may not call any more. */
  forget(isGone: (caller: Caller) => boolean): void;
  /** Refuses new calls from now on. */
  drain(): void;
  /** Calls in flight. */
  active(): number;
}

/** Whether calls must not run without a line of the audit log: as the file says, else wherever strangers may call. */
export function isAuditRequired({ audit, listen }: Config): boolean {
  return audit.required ?? !isLoopback(listen.host);
}

/** Puts registry, policy, limits and audit together. */
export function createGateway(
  first: Rules,
  limits: Limits,
  registry: Registry,
  approvals: Approvals,
  grants: Grants,
  audit: Audit,
  redactor: Redactor,
  log: Logger,
): Gateway {
  let rules = first;
  let views = new Map<string, View>();
  let draining = false;
  let waited = false;
  const listeners: (() => void)[] = [];
  const queue = createSlotQueue(() => limits.calls);
  const watches = createWatches(registry.watch);
  const all = createSlots(() => limits.calls);
  const perPlugin = new Map<string, Slots>();
  const cache = createResultCache(limits);
  const kept = createKeptResults(limits);
  const handedOut = createHandedOut();
  const addresses = createAddresses(registry.catalogue, handedOut);

  const pluginSlots = (id: string): Slots => {
    const existing = perPlugin.get(id);
    if (existing) return existing;
    const slots = createSlots(() => registry.config(id)?.limits.callsPerPlugin ?? limits.callsPerPlugin);
    perPlugin.set(id, slots);
    return slots;
  };

  const changed = (): void => {
    views = new Map();
    for (const listener of listeners) listener();
  };
  registry.onChange(changed);

  const partsOf = ({ config }: Rules): PipelineParts => {
    const auditRequired = isAuditRequired(config);
    return { limits, queue, all, pluginSlots, approvals, audit, auditRequired, redactor, log, cache, kept, addresses };
  };
  let parts = partsOf(first);

  const own = [approvalsPrompt((caller) => listApprovals(view(caller), caller, grants))];
  const build = (profile: string, session?: string): View =>
    createView(registry.catalogue(), rules.policy, rules.config, profile, own, session);
  const sessions = createSessionViews(build);
  const view = ({ profile }: Caller, session?: string): View => {
    const found = views.get(profile) ?? build(profile);
    views.set(profile, found);
    return session === undefined ? found : sessions.get(found, session);
  };

  const greetings = createGreetings();
  const greet = (caller: Caller, session: string): void => {
    const { middleware } = view(caller);
    if (middleware.length > 0 && greetings.isNew(session)) tell(middleware, log, (steps) => steps.sessionStarted?.({ session, caller }));
  };

  const mask = (contents: readonly ResourceContents[]) => redactor.texts(contents) as readonly ResourceContents[];
  const cleans = (pluginId: string): boolean => rules.config.plugins.get(pluginId)?.results === 'clean';

  // A call of what the caller does not see, or with a ticket that is no good, is a line as well.
  const refused = async (error: GatewayError, name: string, args: JsonObject, caller: string): Promise<never> => {
    const { code } = error;
    audit.record({ caller, tool: unknownFields(redactor.text(name)), args, outcome: 'refused', code, ms: 0, bytes: 0 });
    if (parts.auditRequired) await audit.written();
    throw error;
  };

  const refuseIfDraining = (): void => {
    if (draining) throw new GatewayError('DRAINING', 'The gateway is shutting down and takes no new work.', { retryAfterMs: 1000 });
  };

  const begin = (name: string, args: JsonObject, call: Call, caller: string, client?: Slots): Promise<Outcome> | undefined => {
    const { tools, listed, search } = view(call.caller, call.session);
    const meant = search?.resolve(name, args);
    const tool = meant?.tool ?? listed.get(name) ?? tools.get(name);
    if (!tool) return undefined;
    const { restore } = tool.shape;
    const given = meant?.args ?? args;
    const restored = restore ? restore(given) : given;
    const run = (): Promise<Outcome> => {
      const checked = checkArguments(tool.entry, restored);
      let returned: Returned | undefined;
      try {
        returned = approvals.redeem(tool, checked.args, call);
      } catch (error) {
        return refused(error as GatewayError, name, args, caller);
      }
      return runCall({ tool, ...checked, call, client, returned, audit: caller }, parts);
    };
    const preparing = tool.entry.checker.ready(restored);
    return preparing ? preparing.then(run) : run();
  };

  return {
    knows: (profile) => rules.policy.knows(profile),
    view,
    refresh(asker) {
      const pending = registry.refresh(asker);
      return pending && Promise.race([pending, sleep(limits.firstListMs, undefined, { ref: false })]);
    },
    listed() {
      if (waited) return undefined;
      return registry.listed(limits.firstListMs)?.then(() => {
        waited = true;
      });
    },
    call(name, args, call, auditCaller, client) {
      refuseIfDraining();
      const { middleware, terms } = view(call.caller);
      call.bounds = terms.bounds;
      if (middleware.length > 0) greet(call.caller, call.session);
      // A guard may not have been asked anything yet.
      const isReady = middleware.length === 0 || middleware.every(({ steps }) => steps !== undefined);
      const started = isReady ? begin(name, args, call, auditCaller, client) : undefined;
      if (started) return started;
      // Some clients call what they know from another day without listing first.
      const again = (): Promise<Outcome> => {
        const late = begin(name, args, call, auditCaller, client);
        if (late) return late;
        return refused(unknown('UNKNOWN_TOOL', 'tool', name, view(call.caller, call.session).tools.keys()), name, args, auditCaller);
      };
      const opening = registry.listed(limits.firstListMs);
      return opening ? opening.then(again) : again();
    },
    greet,
    async getPrompt(name, args, call) {
      refuseIfDraining();
      const { prompts, terms } = view(call.caller);
      call.bounds = terms.bounds;
      const entry = prompts.get(name);
      if (!entry) throw unknown('INVALID_PARAMS', 'prompt', name, prompts.keys());
      const missing = (entry.prompt.arguments ?? []).filter((a) => a.required && args[a.name] === undefined).map((a) => a.name);
      if (missing.length > 0) throw new GatewayError('INVALID_PARAMS', `The prompt ${name} needs ${missing.join(', ')}.`);
      const prompt = guard(entry.plugin.id, () => entry.prompt.get(args, call));
      const fetched = admitPrompt(name, await bounded(`Prompt "${name}"`, call, limits, prompt), limits);
      return addresses.inPrompt(fetched, { pluginId: entry.plugin.id, caller: call.caller });
    },
    async readResource(uri, call) {
      refuseIfDraining();
      const seen = view(call.caller);
      call.bounds = seen.terms.bounds;
      const own = kept.read(uri, call.caller);
      if (own) return { contents: own };
      return bounded('The resource', call, limits, readResource(uri, seen, call, { limits, addresses, handedOut, cleans, mask }));
    },
    onChange: (listener) => void listeners.push(listener),
    onUpdated(listener) {
      registry.onUpdated((pluginId, uri) => {
        const watched = [...watches.addressesOf(pluginId, uri)];
        const own = (): string => registry.catalogue().renamed.get(pluginId)?.get(uri) ?? uri;
        for (const address of watched.length > 0 ? watched : [own()]) listener(address, pluginId);
      });
    },
    watch(address, caller) {
      const owner = ownerOf(address, view(caller), handedOut.find(caller, address));
      return owner && watches.add(owner.pluginId, owner.uri, address);
    },
    adopt(next) {
      rules = next;
      parts = partsOf(next);
      changed();
      // A limit may have been raised, or lowered below what is kept.
      queue.release([]);
      kept.adopt();
      cache.adopt();
    },
    forget(isGone) {
      kept.forget(isGone);
      handedOut.forget(isGone);
    },
    drain() {
      draining = true;
    },
    active: () => all.active,
  };
}

function unknown(code: 'UNKNOWN_TOOL' | 'INVALID_PARAMS', kind: string, name: string, known: Iterable<string>): GatewayError {
  return new GatewayError(code, `Unknown ${kind}: ${showName(name)}.${didYouMean(name, known)}`);
}
