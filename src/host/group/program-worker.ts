import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolResult } from '../../core/contract/content.ts';
import type { HostLimits } from '../../core/contract/host.ts';
import type { MemberSpec } from '../../core/contract/member.ts';
import type { ProgramLaunch, ProgramRuntime, ProgramSession } from '../../core/contract/program-runtime.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { GatewayError } from '../../core/errors.ts';
import { IdMap } from '../../core/id-map.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import { whyUnrunnable } from '../process/executable.ts';
import type { OrphanReaper } from '../process/orphan-reaper.ts';
import { adopted } from '../process/pid-one.ts';
import { makePrivateFolder, removeFolder } from '../process/private-folder.ts';
import { type Descriptors, SupervisedProcess } from '../process/supervised.ts';
import { lossOf, UNUSABLE } from './stopped.ts';
import type { PluginWorker, WorkerEvents } from './worker.ts';

/** What is needed to supervise a program. */
interface Supervision {
  readonly limits: HostLimits;
  readonly reaper: OrphanReaper;
}

/** Creates a worker for a plugin that is a separate program. Nothing starts before `prepare`. */
export function openProgram(spec: MemberSpec, runtime: ProgramRuntime, supervision: Supervision, events: WorkerEvents): PluginWorker {
  return new ProgramWorker(spec, runtime, supervision, events);
}

const DESCRIPTORS: Descriptors = ['ignore', 'pipe', 'pipe'];

function fixOf({ fix }: ProgramLaunch): { fix?: string } {
  return fix === undefined ? {} : { fix };
}

/** Errors by which a session reports that its connection ended under a call. */
const LOSSES: readonly ErrorCode[] = ['PLUGIN_CRASHED', 'UPSTREAM_LOST', 'PLUGIN_PROTOCOL_ERROR'];
const isLoss = (error: unknown): boolean => error instanceof GatewayError && LOSSES.includes(error.code);

interface CallInFlight {
  reject(error: GatewayError): void;
}

class ProgramWorker implements PluginWorker {
  readonly single = true;
  readonly exited: Promise<string>;
  readonly #spec: MemberSpec;
  readonly #runtime: ProgramRuntime;
  readonly #supervision: Supervision;
  readonly #events: WorkerEvents;
  readonly #giveUp = new AbortController();
  readonly #calls = new IdMap<CallInFlight>();
  #lastCall = 0;
  #end: (why: string) => void = () => undefined;
  #dir: string | undefined;
  #preparing: Promise<unknown> | undefined;
  #launch: ProgramLaunch | undefined;
  #process: SupervisedProcess | undefined;
  #killedFor: ErrorCode | undefined;
  #stoppedFor: string | undefined;
  #session: ProgramSession | undefined;
  #stopping: Promise<void> | undefined;

  constructor(spec: MemberSpec, runtime: ProgramRuntime, supervision: Supervision, events: WorkerEvents) {
    this.#spec = spec;
    this.#runtime = runtime;
    this.#supervision = supervision;
    this.#events = events;
    this.exited = new Promise((settle) => {
      this.#end = settle;
    });
  }

  handshake = async (): Promise<void> => undefined;
  fix = (): string | undefined => (this.#session ? undefined : this.#launch?.fix);

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async prepare(id: string): Promise<void> {
    const stage = (name: string): void => this.#events.stage(id, name);
    const folder = (): string => {
      // Created just before the start: until then the reaper would not delete it if the gateway is killed.
      this.#dir ??= makePrivateFolder();
      return this.#dir;
    };
    const launching = this.#runtime.launch({ folder, signal: this.#giveUp.signal, stage });
    this.#preparing = launching.catch(() => undefined);
    this.#launch = await launching;
  }

  async load(): Promise<JsonObject> {
    const launch = this.#launch;
    if (!launch || this.#stopping) throw new GatewayError('PLUGIN_UNAVAILABLE', 'The plugin was stopped.');
    const { cwd, env, log } = this.#spec;
    const why = whyUnrunnable(resolve(cwd, launch.command), 'refuse');
    if (why !== undefined) throw new GatewayError('PLUGIN_FAILED', `${launch.command} ${why}.`, fixOf(launch));
    const spec = { ...adopted(launch), cwd, env: { ...env, ...launch.env }, log };
    const { limits, reaper } = this.#supervision;
    const supervised = new SupervisedProcess(spec, DESCRIPTORS, limits, reaper, {
      ...(this.#dir === undefined ? {} : { dir: this.#dir }),
      readLine: launch.output,
    });
    supervised.output.drain(supervised.stream(1), 'stdout');
    this.#process = supervised;
    void supervised.exited.then((why) => this.#lost(why));
    this.#session = await launch.connect({
      exited: supervised.exited,
      tail: supervised.output.tail,
      feed: supervised.output.feed,
      kill: (code, reason) => {
        this.#killedFor ??= code;
        supervised.kill(reason);
      },
    });
    return this.#session.report;
  }

  async initialize(): Promise<JsonObject> {
    return this.#session?.report ?? {};
  }

  async call(_id: string, tool: string, args: JsonObject, ctx: CallContext): Promise<ToolResult> {
    const session = this.#connected();
    return new Promise((settle, reject) => {
      const number = ++this.#lastCall;
      this.#calls.set(number, { reject });
      session.call(tool, args, ctx).then(
        (result) => {
          this.#calls.delete(number);
          settle(result);
        },
        (error) => {
          this.#calls.delete(number);
          reject(this.#stoppedFor !== undefined && isLoss(error) ? this.#loss('it was stopped') : error);
        },
      );
    });
  }

  async request(_id: string, method: string, params: JsonObject): Promise<JsonValue> {
    const session = this.#connected();
    if (!session.request) throw new GatewayError('METHOD_NOT_FOUND', `The plugin does not support "${method}".`);
    return session.request(method, params);
  }

  #connected(): ProgramSession {
    if (!this.#session) throw new GatewayError('PLUGIN_UNAVAILABLE', 'The plugin is not connected.');
    return this.#session;
  }

  unavailableReason(): string | undefined {
    return this.#session ? this.#session.unavailableReason?.() : 'it is not connected';
  }

  inFlight(): readonly string[] {
    return this.#calls.entries().map(() => this.#spec.id);
  }

  #loss = (how: string): GatewayError => lossOf({ killed: this.#killedFor, stopped: this.#stoppedFor }, how);

  // A program is only killed as unresponsive after a call has timed out.
  overdue(): boolean {
    return this.#killedFor === 'PLUGIN_UNRESPONSIVE';
  }

  stop(why = UNUSABLE): Promise<void> {
    this.#stoppedFor ??= why;
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#giveUp.abort();
    // An aborted install deletes what it has created, so wait for it.
    await Promise.race([this.#preparing, sleep(this.#supervision.limits.stopGraceMs, undefined, { ref: false })]);
    const session = this.#session;
    if (session) {
      const asked = session.shutdown().catch(() => undefined);
      await Promise.race([asked, this.exited, sleep(this.#supervision.limits.pluginStopMs, undefined, { ref: false })]);
    }
    await this.#process?.stop(() => session?.close());
    this.#lost('it was stopped');
  }

  #lost(why: string): void {
    // Before the calls are rejected, so that listeners still see which calls were in flight.
    this.#end(why);
    for (const [, { reject }] of this.#calls.entries()) reject(this.#loss(why));
    this.#session?.close();
    if (this.#dir !== undefined) removeFolder(this.#dir);
  }
}
