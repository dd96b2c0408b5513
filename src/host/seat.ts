import type { ToolResult } from '../core/content.ts';
import { GatewayError, thrownText } from '../core/errors.ts';
import type { Member, MemberSpec } from '../core/host.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { PluginState } from '../core/plugin.ts';
import type { CallContext } from '../core/tool.ts';
import type { Home } from './home.ts';

const MOST_CRASHES = 5;

/** What a seat needs of the group it belongs to. */
export interface SeatGroup {
  start(): Promise<void>;
  /** The home that takes calls for this seat right now. */
  serving(seat: Seat): Home | undefined;
  /** The home that serves this seat, once there is one; throws PLUGIN_UNAVAILABLE where there is none in time. */
  home(seat: Seat, ctx?: CallContext): Promise<Home>;
  leave(seat: Seat): Promise<void>;
}

/** One plugin's place in a group, across all restarts of the group. */
export class Seat implements Member {
  readonly spec: MemberSpec;
  readonly #group: SeatGroup;
  readonly #listeners: (() => void)[] = [];
  #state: PluginState = 'ready';
  #error: GatewayError | undefined;
  #report: JsonObject | undefined;
  #stage = '';
  #crashes = 0;
  #excluded = false;

  constructor(spec: MemberSpec, group: SeatGroup) {
    this.spec = spec;
    this.#group = group;
  }

  state = (): PluginState => this.#state;
  error = (): GatewayError | undefined => this.#error;
  report = (): JsonObject | undefined => this.#report;
  start = (): Promise<void> => this.#group.start();
  leave = (): Promise<void> => this.#group.leave(this);

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  call(tool: string, args: JsonObject, ctx: CallContext): Promise<ToolResult> {
    const home = this.#group.serving(this);
    const { id, callers } = this.spec;
    if (home) return home.call(id, tool, args, ctx, callers);
    return this.#group.home(this, ctx).then((later) => later.call(id, tool, args, ctx, callers));
  }

  async request(method: string, params: JsonObject): Promise<JsonValue> {
    const home = await this.#group.home(this);
    return home.request(this.spec.id, method, params);
  }

  /** Left out of further starts: its own loading killed or blocked the process, or its calls crashed it too often. */
  get excluded(): boolean {
    return this.#excluded;
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
    this.#tell();
  }

  /** Takes what its runtime reports; throws where that cannot be used, and the report before stays. */
  setReport(report: JsonObject): void {
    this.spec.checkReport?.(report);
    this.#report = report;
    this.#tell();
  }

  exclude(error: GatewayError): void {
    this.#excluded = true;
    this.move('failed', error);
  }

  /** Counts a crash during one of its calls; the fifth excludes it. */
  crashed(why: string): void {
    if (++this.#crashes < MOST_CRASHES) return;
    this.exclude(
      new GatewayError('PLUGIN_UNAVAILABLE', `The plugin crashed during ${this.#crashes} calls and is left out: ${why}.`, {
        plugin: this.spec.id,
        fix: 'Mend the plugin and reload it, or look at its log.',
      }),
    );
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
