import type { Caller } from '../core/caller.ts';
import { LazyAbort } from '../core/lazy-abort.ts';
import type { Logger } from '../core/log.ts';
import type { CallContext } from '../core/tool.ts';

/** Where a call's progress goes. */
export type ProgressSink = (done: number, total: number | undefined, message: string | undefined) => void;

/** One call in flight: the context its tool sees, and the means to end it. */
export class Call extends LazyAbort implements CallContext {
  readonly caller: Caller;
  readonly log: Logger;
  readonly #sink: ProgressSink | undefined;
  #last = Number.NEGATIVE_INFINITY;
  /** Set by the pipeline: progress may put the deadline off. */
  onProgress: (() => void) | undefined;

  constructor(caller: Caller, log: Logger, sink?: ProgressSink) {
    super();
    this.caller = caller;
    this.log = log;
    this.#sink = sink;
  }

  get wantsProgress(): boolean {
    return this.#sink !== undefined;
  }

  progress(done: number, total?: number, message?: string): void {
    if (this.aborted || typeof done !== 'number' || !Number.isFinite(done) || done <= this.#last) return;
    this.#last = done;
    this.onProgress?.();
    this.#sink?.(
      done,
      typeof total === 'number' && Number.isFinite(total) ? total : undefined,
      typeof message === 'string' ? message : undefined,
    );
  }
}
