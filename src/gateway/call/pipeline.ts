import type { Limits } from '../../config/limits.ts';
import { errorResult, type ToolResult } from '../../core/contract/content.ts';
import type { CacheRule } from '../../core/contract/tool.ts';
import { GatewayError, toError, unsent } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import type { Redactor } from '../../core/secrets/redact.ts';
import { hidePaths } from '../../core/text/text.ts';
import type { Approvals, Approved, Returned } from '../approval/approvals.ts';
import type { Audit, AuditRecord } from '../audit/audit.ts';
import { auditFields } from '../audit/audit-fields.ts';
import { checkOutputSchema, checkResult, redactResult, toSchemaErrorResult } from '../result/check-result.ts';
import { fenceResult } from '../result/fence.ts';
import { cleanResult, finishResult, isTooLong } from '../result/finish.ts';
import { cacheKey, type ResultCache } from '../result/result-cache.ts';
import type { StoredResults } from '../result/stored-results.ts';
import type { CallStats } from '../stats/call-stats.ts';
import type { Addresses } from '../view/addresses.ts';
import type { VisibleTool } from '../view/visible-tool.ts';
import { admitResult } from './admit.ts';
import { checkArguments } from './arguments.ts';
import type { Call } from './call.ts';
import { Deadline, timedOut } from './deadline.ts';
import { notifyAll, runAround, runAuthorizers, runGuards, toInterceptedCall } from './middleware.ts';
import { argumentsFor } from './numbers.ts';
import type { Semaphore, SemaphoreQueue } from './semaphore.ts';

/** One tool call, independent of the protocol. */
export interface CallRequest {
  readonly tool: VisibleTool;
  /** The arguments returned by `checkArguments`. */
  readonly args: JsonObject;
  /** Why they are invalid. */
  readonly fault?: string | undefined;
  readonly call: Call;
  /** The client's semaphore; absent if clients cannot be distinguished. */
  readonly client?: Semaphore | undefined;
  /** The answer to an earlier question, if the client sent one with the call. */
  readonly returned?: Returned | undefined;
  /** The caller's fields of the audit line, as JSON members. */
  readonly audit: string;
  /** Why the call must not run; takes precedence over everything else. */
  readonly refusal?: GatewayError | undefined;
}

/** The outcome of a call; `failure` is set if the gateway created the result. */
export interface Outcome {
  readonly result: ToolResult;
  readonly failure: GatewayError | undefined;
}

/** The dependencies of the pipeline. */
export interface PipelineParts {
  readonly limits: Limits;
  readonly queue: SemaphoreQueue;
  readonly all: Semaphore;
  readonly pluginSemaphore: (pluginId: string) => Semaphore;
  readonly approvals: Approvals;
  readonly audit: Audit;
  /** Counts a finished call and writes its audit line. */
  readonly stats: Pick<CallStats, 'record'>;
  readonly auditRequired: boolean;
  readonly redactor: Redactor;
  readonly log: Logger;
  readonly cache: ResultCache;
  readonly kept: StoredResults;
  readonly addresses: Addresses;
}

/**
 * Runs one call: schema, policy, semaphores, the tool with its deadline, result check, one audit line. Never rejects: every
 * failure is a result that a model can act on. README.md has a diagram.
 */
export async function runCall(request: CallRequest, parts: PipelineParts): Promise<Outcome> {
  const started = performance.now();
  let semaphores: readonly Semaphore[] | undefined;
  let bytes = 0;
  let { args } = request;
  let approved: Approved | undefined;
  let result: ToolResult;
  let failure: GatewayError | undefined;
  try {
    if (request.refusal) throw request.refusal;
    if (request.fault !== undefined) throw invalid(request.tool, request.fault);
    const { middleware, settings, approval } = request.tool;
    if (middleware.length === 0 && settings.denyRules.length === 0 && approval !== 'required') refuseUnaudited(parts);
    else ({ args, approved } = await authorizeCall(request, parts));
    const wanted = semaphoresFor(request, parts);
    if (!parts.queue.tryAcquire(wanted)) await acquireAll(wanted, parts);
    semaphores = wanted;
    request.call.semaphores = wanted;
    const rule = request.tool.entry.tool.cache;
    const key = rule && (await keyOf(rule, request, args));
    const known = key === undefined ? undefined : recall(key, request, args, parts);
    result = known ?? admitResult(await invoke(request, args, parts));
    bytes = checkResult(result, parts.limits);
    const preparing = isJsonObject(result.structured) ? request.tool.entry.outputChecker?.ready(result.structured) : undefined;
    if (preparing) await preparing;
    failure = checkOutputSchema(result, request.tool.entry);
    if (failure) result = toSchemaErrorResult(result, failure);
    if (result.isError === true) result = redactResult(result, parts.redactor);
    if (rule && key !== undefined && !known && result.isError !== true && !isTooLong(request.tool, result))
      parts.cache.set(key, result, bytes, rule.ttlMs);
    result = parts.addresses.inResult(result, { pluginId: request.tool.entry.plugin.id, caller: request.call.caller });
    result = finishResult(result, bytes, request, args, parts.kept);
  } catch (error) {
    failure = asFailure(error, request);
    result = toFailedResult(failure, request, args, parts);
  }
  request.call.stopClock();
  if (semaphores) parts.queue.release(semaphores);
  const time = parts.stats.record({
    entry: request.tool.entry,
    caller: request.audit,
    tool: auditFields(request.tool.entry),
    args,
    outcome: outcomeOf(failure, result),
    code: failure?.code,
    ref: failure?.ref,
    consent: approved?.consent ?? failure?.details.consent,
    by: approved?.by ?? failure?.details.by,
    ms: performance.now() - started,
    bytes,
  });
  request.call.ended(time);
  return parts.auditRequired ? recorded({ result, failure }, request, args, parts) : { result, failure };
}

// The caller gets the outcome only after its audit line is written.
async function recorded(outcome: Outcome, request: CallRequest, args: JsonObject, parts: PipelineParts): Promise<Outcome> {
  const why = await parts.audit.written();
  if (why === undefined || outcome.failure?.outcome === 'NOT_SENT') return outcome;
  const thrown = new GatewayError(
    'AUDIT_STORE_UNAVAILABLE',
    `The call was made, but its line of the audit log cannot be written: ${why}.`,
    {
      outcome: 'SENT_NO_REPLY',
      fix: 'Check what the tool did before calling it again, and make the audit folder below the state folder writable.',
    },
  );
  const failure = asFailure(thrown, request);
  return { result: toFailedResult(failure, request, args, parts), failure };
}

function invalid({ entry }: VisibleTool, fault: string): GatewayError {
  return new GatewayError('ARGUMENTS_INVALID', `The arguments of ${entry.name} are not valid: ${fault}.`);
}

// Arguments that other plugins changed are checked like those of a client.
async function checkChanged(tool: VisibleTool, changed: JsonObject): Promise<JsonObject> {
  await tool.entry.checker.ready(changed);
  const { args, fault } = checkArguments(tool.entry, changed);
  if (fault !== undefined) throw invalid(tool, fault);
  return args;
}

// Guards run first, then the changed arguments are checked, then the user approves exactly these arguments.
async function authorizeCall(request: CallRequest, parts: PipelineParts): Promise<{ args: JsonObject; approved: Approved | undefined }> {
  const { tool, call, args: sent, returned } = request;
  const intercepted = toInterceptedCall(tool.entry, sent, call);
  const passed = await runGuards(intercepted, tool.middleware, tool);
  const guarded = passed === sent ? sent : await checkChanged(tool, passed);
  checkDenyRules(tool, guarded);
  refuseUnaudited(parts);
  const approved = tool.approval === 'required' ? await parts.approvals.obtain({ tool, sent, args: guarded, call, returned }) : undefined;
  const permitted = await runAuthorizers({ ...intercepted, args: guarded, agreed: approved !== undefined }, tool.middleware, tool);
  return { args: permitted === guarded ? guarded : await checkChanged(tool, permitted), approved };
}

function checkDenyRules({ entry, settings }: VisibleTool, args: JsonObject): void {
  const text = `${entry.name} ${canonicalJson(args)}`;
  if (!settings.denyRules.some((rule) => text.includes(rule))) return;
  throw new GatewayError('DENIED', `A rule of this profile forbids this call of ${entry.name}.`, {
    fix: 'Use other arguments, or change the profile.',
  });
}

function refuseUnaudited({ audit, auditRequired }: PipelineParts): void {
  if (auditRequired && audit.failure() !== undefined) {
    throw new GatewayError('AUDIT_STORE_UNAVAILABLE', 'Calls are rejected while the audit log cannot be written.');
  }
}

function semaphoresFor({ tool, client }: CallRequest, { all, pluginSemaphore }: PipelineParts): readonly Semaphore[] {
  const plugin = pluginSemaphore(tool.entry.plugin.id);
  return client ? [client, plugin, all] : [plugin, all];
}

async function acquireAll(semaphores: readonly Semaphore[], { queue, limits }: PipelineParts): Promise<void> {
  if (await queue.acquire(semaphores, limits.queueMs)) return;
  const [held] = semaphores.filter(({ active, limit, asking }) => active >= limit && asking > 0);
  const why = held ? `; ${held.asking} of ${held.active} wait for the user's answer` : '';
  throw new GatewayError('BUSY', `Too many calls are in flight; none ended within ${limits.queueMs / 1000} s${why}.`, {
    retryAfterMs: limits.queueMs,
  });
}

// The only step that differs by format. Settles with the first of result, deadline and cancellation.
function invoke({ tool, call }: CallRequest, args: JsonObject, { log, limits }: PipelineParts): Promise<ToolResult> {
  const { middleware } = tool;
  return new Promise((resolve, reject) => {
    if (call.aborted) return reject(unsent(call.reason));
    call.onAbort(reject);
    call.clock = new Deadline(tool, call, toTimeout);
    const result = middleware.length === 0 ? callTool(tool, args, call) : callWithin(tool, args, call, log, limits);
    result.then(resolve, reject);
  });
}

function callTool({ entry: { tool, plugin } }: VisibleTool, args: JsonObject, call: Call): Promise<ToolResult> {
  if (call.traced) return call.traced.plugin(plugin.id, () => tool.call(argumentsFor(tool, args), call));
  return tool.call(argumentsFor(tool, args), call);
}

// Other plugins receive only valid results.
function callWithin(tool: VisibleTool, args: JsonObject, call: Call, log: Logger, limits: Limits): Promise<ToolResult> {
  return runAround(toInterceptedCall(tool.entry, args, call), tool.middleware, log, async (changed) => {
    const result = admitResult(await callTool(tool, changed, call));
    checkResult(result, limits);
    return result;
  });
}

// The key may come from the plugin, which may hang.
function keyOf(rule: CacheRule, { tool, call }: CallRequest, args: JsonObject): Promise<string | undefined> {
  return new Promise<string | undefined>((resolve, reject) => {
    call.onAbort(reject);
    if (call.aborted) return;
    call.clock = new Deadline(tool, call, toTimeout);
    cacheKey(rule, tool, args, call).then(resolve, reject);
  }).finally(() => call.stopClock());
}

// Middleware is notified of a cached result as if the tool had returned it.
function recall(key: string, { tool, call }: CallRequest, args: JsonObject, { cache, log }: PipelineParts): ToolResult | undefined {
  const known = cache.get(key);
  if (known && tool.middleware.length > 0) {
    const intercepted = toInterceptedCall(tool.entry, args, call);
    notifyAll(tool.middleware, log, (steps) => steps.ended?.(intercepted, known, 0));
  }
  return known;
}

function toTimeout(tool: VisibleTool): GatewayError {
  return timedOut(`Tool "${tool.entry.name}"`, tool);
}

function asFailure(thrown: unknown, { tool }: CallRequest): GatewayError {
  const where = { plugin: tool.entry.plugin.id, tool: tool.entry.name };
  if (thrown instanceof GatewayError) {
    return new GatewayError(thrown.code, thrown.message, {
      ...thrown.details,
      ...where,
      cause: thrown.details.cause ?? thrown,
    });
  }
  return new GatewayError('PLUGIN_FAILED', toError(thrown).message || 'The tool failed without a message.', { ...where, cause: thrown });
}

function toFailedResult(failure: GatewayError, { call, tool }: CallRequest, args: JsonObject, parts: PipelineParts): ToolResult {
  const result = toRefusal(failure, call, parts);
  // The message comes from the plugin and may contain untrusted text.
  const isUntrusted = failure.code === 'PLUGIN_FAILED' && tool.fence && tool.entry.tool.untrusted === true;
  const fenced = isUntrusted ? fenceResult(result, args, tool.entry.name) : result;
  return tool.clean ? cleanResult(fenced) : fenced;
}

/** Converts a failure to a result that a model can act on, and logs it. */
export function toRefusal(failure: GatewayError, call: Call, { redactor, log }: Pick<PipelineParts, 'redactor' | 'log'>): ToolResult {
  if (failure.code !== 'CALL_CANCELLED' && failure.code !== 'ARGUMENTS_INVALID') {
    log.warn(redactor.text(`${failure.details.tool}: ${failure.message}`), {
      code: failure.code,
      ref: failure.ref,
      cause: causeOf(failure),
    });
  }
  const safe = (text: string): string => hidePaths(redactor.text(text));
  const object = redactor.texts(failure.toObject()) as JsonObject;
  object.message = safe(failure.message);
  object.fix = safe(failure.fix);
  const advice = failure.details.fix === undefined || call.aborted ? '' : ` ${object.fix}`;
  return errorResult(`${object.message}${advice}`, { 'plugmux/error': object });
}

function causeOf({ details: { cause } }: GatewayError): string | undefined {
  return cause instanceof Error && !(cause instanceof GatewayError) ? cause.stack : undefined;
}

function outcomeOf(failure: GatewayError | undefined, result: ToolResult): AuditRecord['outcome'] {
  if (failure?.code === 'CALL_CANCELLED') return 'cancelled';
  if (failure?.outcome === 'NOT_SENT') return 'refused';
  return failure !== undefined || result.isError === true ? 'error' : 'ok';
}
