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

/** What may be over at the next try; the rest is for a person to put right. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set(['PLUGIN_FAILED', 'LOAD_TIMEOUT', 'HANDSHAKE_FAILED', 'PLUGIN_PROTOCOL_ERROR']);

/** Far more than the tools of one plugin can hold; all of them are gone through several times. */
const MAX_VALUES = 250_000;

function isSettled(state: PluginState): boolean {
  return state === 'ready' || state === 'failed' || state === 'closed';
}

/** What a member needs of its group. */
export interface MemberGroup {
  start(): Promise<void>;
  /** The worker that takes calls for this member at the moment. */
  serving(member: GroupMember): PluginWorker | undefined;
  /** The worker that serves this member, once there is one; throws PLUGIN_UNAVAILABLE if there is none in time. */
  worker(member: GroupMember, ctx?: CallContext): Promise<PluginWorker>;
  leave(member: GroupMember): Promise<void>;
}

/** One plugin of a group. Survives restarts of the worker. */
export class GroupMember implements Member {
  readonly spec: MemberSpec;
  readonly #group: MemberGroup;
  readonly #listeners: (() => void)[] = [];
  readonly #late = deferred();
  readonly #waiting: (() => void)[] = [];
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

  // Others of the group may take longer.
  start(): Promise<void> {
    const started = this.#group.start();
    return this.spec.sideBySide && this.#state !== 'ready' ? Promise.race([started, this.settled()]) : started;
  }

  late = (): Promise<void> => this.#late.promise;

  /** Others need not wait for it any more. */
  tellLate(): void {
    this.#late.resolve();
  }

  /** Settles once it is ready, failed or closed. */
  settled(): Promise<void> {
    return isSettled(this.#state) ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
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

  /** Left out of further starts, for good or for a while: it keeps the worker from starting, or crashed it too often. */
  get excluded(): boolean {
    return this.#excluded;
  }

  /** When it is tried again, while it is left out for a while; 0 otherwise. */
  get nextTry(): number {
    return this.#nextTry;
  }

  /** It has been ready before. */
  get served(): boolean {
    return this.#served;
  }

  /** It has served before and did not come back. */
  get failedAgain(): boolean {
    return this.#served && this.#state === 'restarting' && this.#error !== undefined && TRANSIENT.has(this.#error.code);
  }

  /** The stage of loading it is in, for blame. */
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
    this.#tell();
    if (isSettled(state)) for (const settle of this.#waiting.splice(0)) settle();
  }

  /** It could not be loaded. One that has served before keeps its tools: what keeps it from loading may pass. */
  failed(error: GatewayError): void {
    this.move(this.#served && TRANSIENT.has(error.code) ? 'restarting' : 'failed', error);
  }

  /** Takes what its runtime reports; throws where that cannot be used, and the report before stays. */
  setReport(report: JsonObject): void {
    if (isVast(report, MAX_VALUES))
      throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `What the plugin's process reported holds more than ${MAX_VALUES} values.`);
    this.spec.checkReport?.(report);
    this.#report = report;
    this.#tell();
  }

  exclude(error: GatewayError): void {
    this.#excluded = true;
    this.move('failed', error);
  }

  /** Leaves it out of starts for some time; its tools stay, and calls are told when it is tried again. */
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

  /** Counts a crash during one of its calls; whether there were too many of late. */
  crashed(now: number): boolean {
    return this.#crashes.add(now);
  }

  close(): void {
    clearTimeout(this.#return);
    this.move('closed');
  }

  // One listener that fails keeps neither the others nor the group from what they do.
  #tell(): void {
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        this.spec.log.error(`a change of the plugin could not be taken over: ${thrownText(error)}`);
      }
    }
  }
}
