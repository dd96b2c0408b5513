import type { ToolResult } from '../../core/contract/content.ts';
import type { HostLimits } from '../../core/contract/host.ts';
import type { Member, MemberSpec } from '../../core/contract/member.ts';
import type { PluginState } from '../../core/contract/plugin.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import { deferred } from '../../core/deferred.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { GatewayError, thrownText } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import { isVast } from '../../core/json/vast.ts';
import { countCrashes } from './crashes.ts';
import type { PluginWorker } from './worker.ts';

/** Errors that may disappear on a retry; others need a fix by the operator. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set(['PLUGIN_FAILED', 'LOAD_TIMEOUT', 'HANDSHAKE_FAILED', 'PLUGIN_PROTOCOL_ERROR']);

/** Most values of a report, which is traversed several times. Far more than the tools of one plugin need. */
const MAX_VALUES = 250_000;

function isSettled(state: PluginState): boolean {
  return state === 'ready' || state === 'failed' || state === 'closed';
}

/** What a member needs of its group. */
export interface MemberGroup {
  start(): Promise<void>;
  /** The worker that currently accepts calls for this member. */
  serving(member: GroupMember): PluginWorker | undefined;
  /** Waits for the worker that serves this member; throws PLUGIN_UNAVAILABLE after `limits.queueMs`. */
  worker(member: GroupMember, ctx?: CallContext): Promise<PluginWorker>;
  leave(member: GroupMember): Promise<void>;
}

/** One plugin of a group. Survives restarts of the worker. */
export class GroupMember implements Member {
  readonly spec: MemberSpec;
  readonly #group: MemberGroup;
  readonly #listeners: (() => void)[] = [];
  readonly #late = deferred();
  readonly #onSettled: (() => void)[] = [];
  #state: PluginState = 'opening';
  #error: GatewayError | undefined;
  #report: JsonObject | undefined;
  #stage = '';
  #excluded = false;
  #served = false;
  readonly #crashes;
  #return: NodeJS.Timeout | undefined;
  #nextTry = 0;

  constructor(spec: MemberSpec, group: MemberGroup, limits: HostLimits) {
    this.spec = spec;
    this.#group = group;
    this.#crashes = countCrashes(limits);
  }

  state = (): PluginState => this.#state;
  error = (): GatewayError | undefined => this.#error;
  report = (): JsonObject | undefined => this.#report;
  leave = (): Promise<void> => this.#group.leave(this);

  // Does not wait for slower members of the group.
  start(): Promise<void> {
    const started = this.#group.start();
    return this.spec.sideBySide && this.#state !== 'ready' ? Promise.race([started, this.settled()]) : started;
  }

  late = (): Promise<void> => this.#late.promise;

  /** Resolves `late`: lists no longer wait for this member. */
  markLate(): void {
    this.#late.resolve();
  }

  /** Resolves once it is ready, failed or closed. */
  settled(): Promise<void> {
    return isSettled(this.#state) ? Promise.resolve() : new Promise((resolve) => this.#onSettled.push(resolve));
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  call(tool: string, args: JsonObject, ctx: CallContext): Promise<ToolResult> {
    const worker = this.#group.serving(this);
    const { id, callers } = this.spec;
    if (worker) return worker.call(id, tool, args, ctx, callers);
    return this.#group.worker(this, ctx).then((later) => later.call(id, tool, args, ctx, callers));
  }

  async request(method: string, params: JsonObject): Promise<JsonValue> {
    const worker = await this.#group.worker(this);
    return worker.request(this.spec.id, method, params);
  }

  /** Excluded from starts, permanently or temporarily, because it prevented a start or crashed the worker too often. */
  get excluded(): boolean {
    return this.#excluded;
  }

  /** When a temporarily excluded member is started again, on the monotonic clock; otherwise 0. */
  get nextTry(): number {
    return this.#nextTry;
  }

  /** Whether it has been ready before. */
  get served(): boolean {
    return this.#served;
  }

  /** Whether it has served before and failed to restart with a transient error. */
  get failedAgain(): boolean {
    return this.#served && this.#state === 'restarting' && this.#error !== undefined && TRANSIENT.has(this.#error.code);
  }

  /** Current loading stage, for error messages. */
  get stage(): string {
    return this.#stage;
  }

  set stage(stage: string) {
    this.#stage = stage;
  }

  move(state: PluginState, error?: GatewayError): void {
    if (this.#state === state && this.#error === error) return;
    this.#state = state;
    this.#error = error;
    if (state === 'ready') this.#served = true;
    this.#notify();
    if (isSettled(state)) for (const settle of this.#onSettled.splice(0)) settle();
  }

  /** Records a loading failure. A member that has served before keeps its tools if the error is transient. */
  failed(error: GatewayError): void {
    this.move(this.#served && TRANSIENT.has(error.code) ? 'restarting' : 'failed', error);
  }

  /** Sets the report of its runtime. Throws if it is invalid; the previous report stays. */
  setReport(report: JsonObject): void {
    if (isVast(report, MAX_VALUES))
      throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The report of the plugin's process exceeds the limit of ${MAX_VALUES} values.`);
    this.spec.checkReport?.(report);
    this.#report = report;
    this.#notify();
  }

  exclude(error: GatewayError): void {
    this.#excluded = true;
    this.move('failed', error);
  }

  /** Excludes it from starts for `ms`. Its tools stay listed, and calls fail with the time of the next start. */
  suspend(ms: number, back: () => void): void {
    this.#excluded = true;
    this.#nextTry = performance.now() + ms;
    this.#return = setTimeout(() => {
      this.#excluded = false;
      this.#nextTry = 0;
      this.#crashes.probed(performance.now());
      back();
    }, ms).unref();
  }

  /** Counts a crash during one of its calls; true if there were too many recently. */
  crashed(now: number): boolean {
    return this.#crashes.add(now);
  }

  close(): void {
    clearTimeout(this.#return);
    this.move('closed');
  }

  // A failing listener must not affect the others or the group.
  #notify(): void {
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        this.spec.log.error(`a change of the plugin could not be applied: ${thrownText(error)}`);
      }
    }
  }
}

/** Adds a member in load order. It replaces an older version of its plugin, which serves until the new worker is ready. */
export function withMember(members: readonly GroupMember[], member: GroupMember): GroupMember[] {
  const others = members.filter(({ spec }) => spec.id !== member.spec.id);
  return [...others, member].sort((a, b) => (a.spec.order < b.spec.order ? -1 : 1));
}
