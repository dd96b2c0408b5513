import type { Stopping } from '../../core/abort/stopping.ts';
import { GatewayError, unsent } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { toTimer } from '../../core/timer.ts';
import { toUnavailable } from '../../registry/plugin-status.ts';
import type { Registry } from '../../registry/registry.ts';
import type { VisibleTool } from '../view/visible-tool.ts';
import type { Call } from './call.ts';
import type { ActiveMiddleware } from './middleware.ts';
import type { Outcome } from './pipeline.ts';

// Lists are served from the stored offers of the last start. A call waits for its plugin and is then looked up again, so
// that schemas, approval and guards are the current ones.

/** The dependencies for waiting. */
export interface OpeningParts {
  readonly registry: Pick<Registry, 'opening' | 'settled' | 'declarer' | 'unavailable' | 'whenListed' | 'refresh'>;
  readonly limits: { readonly firstListMs: number; readonly callTimeoutMs: number };
  readonly stopping: Stopping;
}

/** A called tool, with the name and arguments that the client sent, and the arguments for the tool. */
export interface Wanted {
  readonly name: string;
  readonly sent: JsonObject;
  readonly tool: VisibleTool;
  readonly args: JsonObject;
}

/** A call that cannot begin yet. `begin` with a refusal only records it. */
export interface LateCall {
  readonly name: string;
  readonly call: Call;
  readonly middleware: readonly ActiveMiddleware[];
  find(): Wanted | undefined;
  /** The tool before its plugin failed and left the lists. */
  findLost(): Wanted | undefined;
  begin(wanted: Wanted, refusal?: GatewayError): Promise<Outcome>;
  refuseUnknown(): Promise<Outcome>;
}

/** Waits for plugins with middleware, then for the tool's own plugin, and runs the call. */
export async function callLate(
  { name, call, middleware, find, findLost, begin, refuseUnknown }: LateCall,
  { registry, limits, stopping }: OpeningParts,
): Promise<Outcome> {
  const wait = (opening: Promise<unknown>, ms: number) => untilOpen(opening, call, ms, stopping);
  const pending = middleware.filter(({ steps, opening }) => opening || steps === undefined);
  const guards = pending.flatMap(({ plugin }) => registry.settled(plugin.id) ?? []);
  if (guards.length > 0) await wait(Promise.all(guards), limits.firstListMs);
  const lost = find() ? undefined : findLost();
  const cause = lost && registry.unavailable(lost.tool.entry.plugin.id);
  if (lost && cause) return begin(lost, cause);
  // Some clients call tools that they know from an earlier session without listing first.
  const declarer = find() ? undefined : registry.declarer(name);
  const declared = declarer === undefined ? undefined : registry.settled(declarer);
  if (declared) await wait(declared, limits.callTimeoutMs);
  const listing = find() ? undefined : registry.whenListed(limits.firstListMs);
  if (listing) await wait(listing, limits.firstListMs);
  // An earlier call may have created the tool.
  const refreshed = find() ? undefined : registry.refresh(call);
  if (refreshed) await wait(refreshed, limits.firstListMs);
  const wanted = find();
  if (stopping.reason) return wanted ? begin(wanted, stopping.reason) : Promise.reject(stopping.reason);
  if (!wanted) return refuseUnknown();
  const { id } = wanted.tool.entry.plugin;
  const opening = registry.opening(id);
  if (!opening) return begin(wanted);
  const ended = await wait(opening, wanted.tool.timeoutMs);
  const now = find();
  const same = now?.tool.entry.plugin.id === id ? now : undefined;
  const refusal = ended ?? registry.unavailable(id) ?? (registry.opening(id) ? toUnavailable({ id, error: undefined }) : undefined);
  return same || refusal ? begin(same ?? wanted, refusal) : refuseUnknown();
}

/** Runs a function once some plugins are open. Rejects if one of them failed to open. */
export async function afterOpening<T>(
  ids: readonly string[],
  call: Call,
  { registry, limits, stopping }: OpeningParts,
  run: () => Promise<T>,
): Promise<T> {
  const opening = ids.flatMap((id) => registry.opening(id) ?? []);
  if (opening.length === 0) return run();
  await untilOpen(Promise.all(opening), call, limits.callTimeoutMs, stopping);
  if (stopping.reason) throw stopping.reason;
  for (const id of ids) {
    const failure = registry.unavailable(id);
    if (failure) throw failure;
  }
  return run();
}

// Waits until `opening` settles, at most `ms`. Settles with the reason if the call or the gateway ended meanwhile.
function untilOpen(opening: Promise<unknown>, call: Call, ms: number, stopping: Stopping): Promise<GatewayError | undefined> {
  if (stopping.reason) return Promise.resolve(stopping.reason);
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(), toTimer(ms)).unref();
    const settle = (reason?: unknown): void => {
      clearTimeout(timer);
      forget();
      const why = unsent(reason);
      resolve(why instanceof GatewayError ? why : undefined);
    };
    const forget = stopping.onStop(settle);
    call.onAbort(settle);
    void opening.then(() => settle());
  });
}
