import type { ToolResult } from '../../core/contract/content.ts';
import type { HostLimits } from '../../core/contract/host.ts';
import type { Answers, QuestionKind, Questions } from '../../core/contract/question.ts';
import type { CallContext } from '../../core/contract/tool.ts';
import { deferred } from '../../core/deferred.ts';
import { MAX_TEXT_LENGTH, thrownText } from '../../core/errors.ts';
import { noteExact, toSafeDoubles } from '../../core/json/exact-tree.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import { shorten } from '../../core/text/text.ts';
import { logTo } from '../log-to.ts';
import { createPluginSet } from '../node/plugin-set.ts';
import { type RuntimeCall, type RuntimeCaller, toRuntimeCaller } from '../node/runtime.ts';
import type { PluginWorker, WorkerEvents } from './worker.ts';

/** Runs trusted plugins inside the gateway process: fast, but without isolation. */
export function startInProcessWorker(limits: HostLimits, events: WorkerEvents): PluginWorker {
  const at = (id: string): Logger => {
    const write = (level: string) => (text: string) => events.log(id, level, shorten(String(text), MAX_TEXT_LENGTH));
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      area: () => at(id),
    };
  };
  // There is no process to kill for an invalid report: it is logged, and the previous report stays.
  const changed: WorkerEvents['changed'] = (id, report) => {
    try {
      events.changed(id, report);
    } catch (error) {
      at(id).error(`the changed offer was rejected: ${thrownText(error)}`);
    }
  };
  const set = createPluginSet({ log: at, stage: events.stage, changed, callAdapter: events.callAdapter });
  const exit = deferred<string>();
  return {
    exited: exit.promise,
    handshake: async () => undefined,
    load: (id, module, params) => set.load(id, module, params),
    initialize: (id) => set.initialize(id),
    call(id, tool, args, ctx: CallContext): Promise<ToolResult> {
      return set.call(id, tool, args, new DirectCall(ctx));
    },
    request: (id: string, method: string, params: JsonObject) => set.request(id, method, params),
    unavailableReason: () => undefined,
    inFlight: () => [],
    async stop() {
      await set.close(limits.pluginStopMs);
      exit.resolve('it was stopped');
    },
  };
}

/** A call to a plugin inside the gateway process. */
class DirectCall implements RuntimeCall {
  readonly #ctx: CallContext;

  constructor(ctx: CallContext) {
    this.#ctx = ctx;
  }

  get signal(): AbortSignal {
    return this.#ctx.signal;
  }

  get caller(): RuntimeCaller {
    return toRuntimeCaller(this.#ctx);
  }

  get meta(): JsonObject | undefined {
    const { meta } = this.#ctx;
    return meta && toSafeDoubles(meta);
  }

  get wantsProgress(): boolean {
    return this.#ctx.wantsProgress;
  }

  get answerableKinds(): readonly QuestionKind[] {
    return this.#ctx.answerableKinds;
  }

  progress(done: number, total?: number, message?: string): void {
    this.#ctx.progress(done, total, message);
  }

  log(level: string, text: string): void {
    logTo(this.#ctx.log, level, text);
  }

  ask(questions: Questions): Promise<Answers> {
    return this.#ctx.ask(questions).then((answers) => toSafeDoubles(noteExact({ ...answers })));
  }
}
