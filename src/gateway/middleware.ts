import type { ToolResult } from '../core/content.ts';
import { GatewayError, toError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Logger } from '../core/log.ts';
import type { Middleware, Passing, Verdict } from '../core/middleware.ts';
import type { Manifest } from '../core/plugin.ts';
import type { ToolEntry } from '../registry/catalogue.ts';
import type { Call } from './call.ts';
import { Deadline, type TimeLimits } from './deadline.ts';

/** One plugin's middleware; without `steps` the plugin is a guard that cannot speak now. */
export interface ActiveMiddleware {
  readonly plugin: Manifest;
  readonly steps: Middleware | undefined;
  /** The plugin is still opening, and its steps are known only then. */
  readonly opening?: boolean;
}

/** A call as middleware sees it. */
export function toPassing({ name, plugin, tool }: ToolEntry, args: JsonObject, context: Call): Passing {
  return {
    tool: name,
    origin: { format: plugin.adapter, plugin: plugin.id, name: tool.name },
    labels: tool.labels ?? [],
    args,
    context,
  };
}

/** Runs all guards, each on the arguments as they came. The arguments to go on with, or DENIED. */
export async function passGuards(passing: Passing, all: readonly ActiveMiddleware[], limits: TimeLimits): Promise<JsonObject> {
  let changed: JsonObject | undefined;
  for (const { plugin, steps } of all) {
    const verdict = await hear(plugin, steps, 'guard', passing, limits);
    if (verdict) changed ??= verdict;
  }
  return changed ?? passing.args;
}

/** Asks everybody who may permit, each about the arguments as the one before left them. */
export async function askPermits(passing: Passing, all: readonly ActiveMiddleware[], limits: TimeLimits): Promise<JsonObject> {
  let { args } = passing;
  for (const { plugin, steps } of all) args = (await hear(plugin, steps, 'permit', { ...passing, args }, limits)) ?? args;
  return args;
}

async function hear(
  plugin: Manifest,
  steps: Middleware | undefined,
  step: 'guard' | 'permit',
  passing: Passing,
  limits: TimeLimits,
): Promise<JsonObject | undefined> {
  if (!steps) throw denied(passing, plugin, `the plugin ${plugin.id}, which guards all calls, is not ready`);
  if (!steps[step]) return undefined;
  let verdict: Verdict;
  try {
    verdict = await within(passing, limits, plugin, () => (steps[step] as NonNullable<Middleware['guard']>)(passing));
  } catch (error) {
    if (passing.context.aborted) throw error;
    if (steps.onError === 'allow') return undefined;
    throw denied(passing, plugin, `the plugin ${plugin.id} guards it and failed: ${toError(error).message}`);
  }
  if (verdict === undefined) return undefined;
  if ('refuse' in verdict) throw new GatewayError('DENIED', verdict.refuse);
  return verdict.args;
}

// A guard that hangs ends the call: it could not be trusted to have let it pass.
function within<T>({ context, tool }: Passing, limits: TimeLimits, { id }: Manifest, run: () => Promise<T>): Promise<T> {
  const call = context as Call;
  return new Promise<T>((resolve, reject) => {
    call.onAbort(reject);
    if (call.aborted) return;
    call.clock = new Deadline(
      limits,
      call,
      () => new GatewayError('CALL_TIMEOUT', `The plugin ${id}, which guards ${tool}, did not answer in time.`),
    );
    run().then(resolve, reject);
  }).finally(() => call.stopClock());
}

function denied({ tool }: Passing, { id }: Manifest, why: string): GatewayError {
  return new GatewayError('DENIED', `The tool ${tool} was not run: ${why}.`, {
    fix: `Mend the plugin, or take it out of the gateway: "plugins": { "${id}": { "enabled": false } }.`,
  });
}

/** Runs the tool with everybody around it who has something to say before or after. */
export async function runAround(
  passing: Passing,
  all: readonly ActiveMiddleware[],
  log: Logger,
  run: (args: JsonObject) => Promise<ToolResult>,
): Promise<ToolResult> {
  const concerned = all.filter(({ steps }) => steps && (steps.before || steps.after) && (steps.concerns?.(passing) ?? true));
  const started = performance.now();
  let result: ToolResult | undefined;
  for (const { steps } of concerned) {
    result = await steps?.before?.(passing);
    if (result) break;
  }
  result ??= await run(passing.args);
  for (const { steps } of concerned) result = (await steps?.after?.(passing, result)) ?? result;
  const ms = performance.now() - started;
  tell(all, log, (steps) => steps.ended?.(passing, result, ms));
  return result;
}

/** Tells everybody who listens; what they throw is theirs. */
export function tell(all: readonly ActiveMiddleware[], log: Logger, say: (steps: Middleware) => void): void {
  for (const { plugin, steps } of all) {
    try {
      if (steps) say(steps);
    } catch (error) {
      log.warn(`the plugin ${plugin.id} failed while it was told something: ${toError(error).message}`);
    }
  }
}
