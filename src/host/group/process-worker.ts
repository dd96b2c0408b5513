import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolResult } from '../../core/contract/content.ts';
import type { HostLimits } from '../../core/contract/host.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { GatewayError, MAX_TEXT_LENGTH } from '../../core/errors.ts';
import { IdMap } from '../../core/id-map.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import { shorten, showName } from '../../core/text/text.ts';
import { logTo } from '../log-to.ts';
import { toRuntimeCaller } from '../node/runtime.ts';
import type { Launch } from '../process/launch.ts';
import type { OrphanReaper } from '../process/orphan-reaper.ts';
import { type Descriptors, SupervisedProcess } from '../process/supervised.ts';
import { asResult } from '../process/tool-answer.ts';
import { type Channel, type Codec, createChannel, DOUBLES, EXACT, type Serialised } from './channel.ts';
import { createHeartbeat } from './heartbeat.ts';
import { lossOf, UNUSABLE } from './stopped.ts';
import { whileAsking } from './while-asking.ts';
import { amountIn, numberIn, objectIn, optionalNumber, optionalText, questionsIn, textIn } from './wire.ts';
import type { PluginWorker, WorkerEvents } from './worker.ts';

const PROTOCOL = 1;
const NEWER = 'Set "python" in mcp.json to another interpreter.';
/** stdin, stdout, stderr, then the channel: input and output of the plugin process. */
const DESCRIPTORS: Descriptors = ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'];

interface CallInFlight {
  readonly plugin: string;
  readonly ctx: CallContext;
}

/** Starts a plugin process. */
export function startProcessWorker(
  launch: Launch,
  limits: HostLimits,
  log: Logger,
  reaper: OrphanReaper,
  events: WorkerEvents,
): PluginWorker {
  const codec = launch.exactNumbers === true ? EXACT : DOUBLES;
  const supervised = new SupervisedProcess({ ...launch, log }, DESCRIPTORS, limits, reaper);
  return new ProcessWorker(supervised, limits, events, codec, () => supervised.fix ?? launch.fix?.());
}

/** The part of a supervised process that a worker needs. */
export type WatchedProcess = Pick<SupervisedProcess, 'exited' | 'output' | 'stream' | 'kill' | 'stop' | 'pid'>;

/** Creates the worker of a started process. */
export function openProcessWorker(process: WatchedProcess, limits: HostLimits, events: WorkerEvents, codec: Codec = DOUBLES): PluginWorker {
  return new ProcessWorker(process, limits, events, codec);
}

class ProcessWorker implements PluginWorker {
  readonly exited: Promise<string>;
  readonly fix: PluginWorker['fix'];
  readonly pid: number | undefined;
  readonly #process: WatchedProcess;
  readonly #limits: HostLimits;
  readonly #channel: Channel;
  readonly #codec: Codec;
  readonly #calls = new IdMap<CallInFlight>();
  readonly #heartbeat;
  // Stages of loading have their own time limit, and imports may block.
  #loading = 0;
  // The oldest call has timed out, and nothing was received since.
  #overdue = false;
  #endedOverdue = false;
  #killedFor: ErrorCode | undefined;
  #stoppedFor: string | undefined;
  #refuse: (why: GatewayError) => void = () => undefined;
  #stopping: Promise<void> | undefined;

  constructor(process: WatchedProcess, limits: HostLimits, events: WorkerEvents, codec: Codec, fix?: PluginWorker['fix']) {
    this.#process = process;
    this.fix = fix;
    this.pid = process.pid;
    this.#codec = codec;
    this.#limits = limits;
    this.exited = process.exited;
    process.output.drain(process.stream(1), 'stdout');
    this.#channel = createChannel(
      process.stream(4),
      process.stream(3),
      limits.resultBytes + 64 * 1024,
      {
        request: (method, params) => this.#answer(method, params, events),
        notify: (method, params) => this.#handleNotification(method, params, events),
        broken: (reason) => this.#kill('PLUGIN_PROTOCOL_ERROR', `it violated the protocol: ${reason}`),
        onData: () => {
          this.#overdue = false;
          this.#heartbeat.received();
        },
      },
      codec,
    );
    this.#heartbeat = createHeartbeat(limits, {
      ping: () => void this.#channel.request('ping', '{}').catch(() => undefined),
      patience: () => this.#patience(),
      hung: () => this.#hung(),
    });
    void this.exited.then((why) => {
      this.#heartbeat.stop();
      this.#channel.close(lossOf({ killed: this.#killedFor, stopped: this.#stoppedFor }, why));
    });
  }

  async handshake(): Promise<void> {
    const params = JSON.stringify({
      protocol: PROTOCOL,
      resultBytes: this.#limits.resultBytes,
      stopMs: this.#limits.pluginStopMs,
      loopWarnMs: this.#limits.unresponsiveMs,
      loopLimitMs: this.#limits.hungMs,
    });
    const fatal = new Promise<never>((_, reject) => {
      this.#refuse = reject;
    });
    const answer = await Promise.race([this.#channel.request('hello', params), fatal]);
    const protocol = isJsonObject(answer) ? answer.protocol : undefined;
    if (protocol !== PROTOCOL) {
      const version = typeof protocol === 'number' ? `version ${protocol} of the plugin channel` : 'no version of the plugin channel';
      throw new GatewayError('HANDSHAKE_FAILED', `The plugin runtime uses ${version}; the gateway uses version ${PROTOCOL}.`);
    }
    this.#heartbeat.start();
  }

  async load(id: string, module: string, params: JsonObject): Promise<JsonObject> {
    return this.#load('load', { id, module, params });
  }

  async initialize(id: string): Promise<JsonObject> {
    return this.#load('initialize', { id });
  }

  async #load(method: string, params: JsonObject): Promise<JsonObject> {
    this.#loading++;
    try {
      const report = await this.#channel.request(method, this.#codec.write(params));
      if (!isJsonObject(report)) throw new GatewayError('PLUGIN_PROTOCOL_ERROR', "The report of the plugin's process is not an object.");
      return report;
    } finally {
      this.#loading--;
    }
  }

  request(id: string, method: string, params: JsonObject): Promise<JsonValue> {
    return this.#channel.request('request', this.#codec.write({ id, method, params }));
  }

  async call(id: string, tool: string, args: JsonObject, ctx: CallContext, callers = false): Promise<ToolResult> {
    if (this.#channel.waiting() > this.#limits.queuedBytes) {
      throw new GatewayError(
        'BUSY',
        `The plugin does not read its calls fast enough: more than ${this.#limits.queuedBytes} bytes are queued.`,
      );
    }
    let number = 0;
    const params = this.#codec.write({
      id,
      tool,
      args,
      progress: ctx.wantsProgress,
      can: ctx.answerableKinds.length > 0 ? ctx.answerableKinds : undefined,
      meta: ctx.meta,
      caller: callers ? toRuntimeCaller(ctx) : undefined,
    });
    const answer = this.#channel.request('call', params, (n) => {
      number = n;
      this.#calls.set(n, { plugin: id, ctx });
    });
    ctx.onAbort((reason) => {
      if (!this.#calls.has(number)) return;
      this.#channel.notify('cancel', JSON.stringify({ call: number }));
      if (!(reason instanceof GatewayError) || reason.code !== 'CALL_TIMEOUT' || this.#oldest() < number) return;
      this.#overdue = true;
      this.#heartbeat.look();
    });
    try {
      return asResult(await answer);
    } finally {
      this.#calls.delete(number);
    }
  }

  // Plugins may block their event loop during a call, so a silent process is killed only after its oldest call has timed out.
  #patience(): number {
    if (this.#loading > 0) return Number.POSITIVE_INFINITY;
    if (this.#overdue) return this.#limits.unresponsiveMs;
    return this.#oldest() === Number.POSITIVE_INFINITY ? this.#limits.hungMs : Number.POSITIVE_INFINITY;
  }

  // The number of the oldest call that has not ended; infinite if there is none.
  #oldest(): number {
    for (const [number, { ctx }] of this.#calls.entries()) if (!ctx.aborted) return number;
    return Number.POSITIVE_INFINITY;
  }

  unavailableReason(): string | undefined {
    return this.#heartbeat.silent() ? `no response for ${this.#limits.unresponsiveMs / 1000} s` : undefined;
  }

  inFlight(): readonly string[] {
    return this.#calls.entries().map(([, call]) => call.plugin);
  }

  stop(why = UNUSABLE): Promise<void> {
    this.#stoppedFor ??= why;
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  // Requests the shutdown, then closes the channel and escalates to signals.
  async #stop(): Promise<void> {
    const { pluginStopMs } = this.#limits;
    if (!this.#heartbeat.silent()) {
      const asked = this.#channel.request('shutdown', JSON.stringify({ deadlineMs: pluginStopMs })).catch(() => undefined);
      await Promise.race([asked, this.exited, sleep(pluginStopMs, undefined, { ref: false })]);
    }
    this.#heartbeat.stop();
    await this.#process.stop(() => this.#channel.end());
  }

  #hung(): void {
    this.#endedOverdue ||= this.#overdue;
    this.#kill('PLUGIN_UNRESPONSIVE', `it hung ${this.#overdue ? 'past the time limit of a call ' : ''}and was killed`);
  }

  overdue(): boolean {
    return this.#endedOverdue;
  }

  #kill(code: ErrorCode, reason: string): void {
    this.#killedFor ??= code;
    this.#process.kill(reason);
  }

  // Handles requests of plugins to the client, and of runtimes to their adapter. Validates synchronously, so that the channel
  // reports an invalid one as a protocol violation.
  #answer(method: string, params: JsonObject, events: WorkerEvents): Promise<Serialised> {
    if (method === 'consult') {
      return events
        .callAdapter(textIn(params, 'id'), textIn(params, 'method'), objectIn(params, 'params'))
        .then((answer) => this.#serialise(answer));
    }
    if (method === 'wake') return Promise.resolve(this.#serialise(null));
    const asking = method === 'ask' ? this.#calls.get(numberIn(params, 'call')) : undefined;
    if (asking)
      return whileAsking(asking.ctx.ask(questionsIn(params)), this.#limits.queueMs, (ms) =>
        this.#channel.notify('held', JSON.stringify({ call: params.call, ms })),
      ).then((answers) => this.#serialise(answers));
    return Promise.reject(new GatewayError('METHOD_NOT_FOUND', `The gateway does not support "${showName(method)}" here.`));
  }

  #serialise(answer: unknown): Serialised {
    return { json: this.#codec.write(answer) ?? 'null' };
  }

  #handleNotification(method: string, params: JsonObject, events: WorkerEvents): void {
    switch (method) {
      case 'stage':
        return events.stage(textIn(params, 'id'), showName(textIn(params, 'stage')));
      case 'changed':
        return events.changed(textIn(params, 'id'), objectIn(params, 'report'));
      // A retry would not help.
      case 'fatal':
        return this.#refuse(
          new GatewayError('DEPENDENCY_MISSING', `The plugin process cannot run: ${bounded(textIn(params, 'error'))}.`, { fix: NEWER }),
        );
      case 'restart':
        return events.restart(bounded(textIn(params, 'reason')));
      case 'progress':
        return this.#progress(params);
      case 'log':
        return this.#log(params, events);
      default:
        // A newer runtime may send notifications that this gateway does not know.
        return;
    }
  }

  #progress(params: JsonObject): void {
    const { ctx } = this.#calls.get(numberIn(params, 'call')) ?? {};
    const message = optionalText(params, 'message');
    const [done = 0, total] = [amountIn(params, 'done'), amountIn(params, 'total')];
    ctx?.progress(done, total, message === undefined ? undefined : bounded(message));
  }

  #log(params: JsonObject, events: WorkerEvents): void {
    const [level, text] = [textIn(params, 'level'), bounded(textIn(params, 'text'))];
    const call = this.#calls.get(optionalNumber(params, 'call') ?? 0);
    if (call) logTo(call.ctx.log, level, text);
    if (this.#process.output.admits()) events.log(optionalText(params, 'id') ?? '', level, text);
  }
}

function bounded(text: string): string {
  return shorten(text, MAX_TEXT_LENGTH);
}
