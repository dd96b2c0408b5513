import type { ToolResult } from '../../core/contract/content.ts';
import type { InterceptedCall, Middleware, Verdict } from '../../core/contract/middleware.ts';
import type { Manifest } from '../../core/contract/plugin.ts';
import { GatewayError, toError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import type { Call } from './call.ts';
import { Deadline, type TimeLimits } from './deadline.ts';

/** One plugin's middleware. Without `steps`, the plugin is a guard that is not ready. */
export interface ActiveMiddleware {
  readonly plugin: Manifest;
  readonly steps: Middleware | undefined;
  /** The plugin is still opening; its steps are not known yet. */
  readonly opening?: boolean;
}

/** A call as middleware sees it. */
export function toInterceptedCall({ name, plugin, tool }: ToolEntry, args: JsonObject, context: Call): InterceptedCall {
  return {
    tool: name,
    origin: { format: plugin.adapter, plugin: plugin.id, name: tool.name },
    labels: tool.labels ?? [],
    args,
    context,
  };
}

/** Runs all guards on the client's arguments. Returns the arguments to continue with; throws DENIED. */
export async function runGuards(intercepted: InterceptedCall, all: readonly ActiveMiddleware[], limits: TimeLimits): Promise<JsonObject> {
  let changed: JsonObject | undefined;
  for (const { plugin, steps } of all) {
    const verdict = await runStep(plugin, steps, 'guard', intercepted, limits);
    if (verdict) changed ??= verdict;
  }
  return changed ?? intercepted.args;
}

/** Runs all authorizers in turn, each on the arguments returned by the one before. */
export async function runAuthorizers(
  intercepted: InterceptedCall,
  all: readonly ActiveMiddleware[],
  limits: TimeLimits,
): Promise<JsonObject> {
  let { args } = intercepted;
  for (const { plugin, steps } of all) args = (await runStep(plugin, steps, 'authorize', { ...intercepted, args }, limits)) ?? args;
  return args;
}

async function runStep(
  plugin: Manifest,
  steps: Middleware | undefined,
  step: 'guard' | 'authorize',
  intercepted: InterceptedCall,
  limits: TimeLimits,
): Promise<JsonObject | undefined> {
  if (!steps) throw denied(intercepted, plugin, `guard plugin "${plugin.id}" is not ready`);
  if (!steps[step]) return undefined;
  let verdict: Verdict;
  try {
    verdict = await within(intercepted, limits, plugin, () => (steps[step] as NonNullable<Middleware['guard']>)(intercepted));
  } catch (error) {
    if (intercepted.context.aborted) throw error;
    if (steps.onError === 'allow') return undefined;
    throw denied(intercepted, plugin, `guard plugin "${plugin.id}" failed: ${toError(error).message}`);
  }
  if (verdict === undefined) return undefined;
  if ('refuse' in verdict) throw new GatewayError('DENIED', verdict.refuse);
  return verdict.args;
}

// A guard that hangs ends the call, because its verdict is unknown.
function within<T>({ context, tool }: InterceptedCall, limits: TimeLimits, { id }: Manifest, run: () => Promise<T>): Promise<T> {
  const call = context as Call;
  return new Promise<T>((resolve, reject) => {
    call.onAbort(reject);
    if (call.aborted) return;
    call.clock = new Deadline(
      limits,
      call,
      () => new GatewayError('CALL_TIMEOUT', `Guard plugin "${id}" did not answer in time for ${tool}.`),
    );
    run().then(resolve, reject);
  }).finally(() => call.stopClock());
}

function denied({ tool }: InterceptedCall, { id }: Manifest, why: string): GatewayError {
  return new GatewayError('DENIED', `${tool} was not run: ${why}.`, {
    fix: `Fix the plugin, or disable it: "plugins": { "${id}": { "enabled": false } }.`,
  });
}

/** Runs the tool with the `before` and `after` steps of all middleware. */
export async function runAround(
  intercepted: InterceptedCall,
  all: readonly ActiveMiddleware[],
  log: Logger,
  run: (args: JsonObject) => Promise<ToolResult>,
): Promise<ToolResult> {
  const applying = all.filter(({ steps }) => steps && (steps.before || steps.after) && (steps.appliesTo?.(intercepted) ?? true));
  const started = performance.now();
  let result: ToolResult | undefined;
  for (const { steps } of applying) {
    result = await steps?.before?.(intercepted);
    if (result) break;
  }
  result ??= await run(intercepted.args);
  for (const { steps } of applying) result = (await steps?.after?.(intercepted, result)) ?? result;
  const ms = performance.now() - started;
  notifyAll(all, log, (steps) => steps.ended?.(intercepted, result, ms));
  return result;
}

/** Notifies all middleware. Errors are logged, not thrown. */
export function notifyAll(all: readonly ActiveMiddleware[], log: Logger, notify: (steps: Middleware) => void): void {
  for (const { plugin, steps } of all) {
    try {
      if (steps) notify(steps);
    } catch (error) {
      log.warn(`plugin "${plugin.id}": a hook failed: ${toError(error).message}`);
    }
  }
}
