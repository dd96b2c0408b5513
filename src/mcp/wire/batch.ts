import type { Frame, Outlet } from './outlet.ts';

/** Collects the replies of one batch and sends them as one array. Notifications pass through. */
export class BatchOutlet {
  readonly #outlet: Outlet;
  readonly #replies: (string | Buffer)[] = [];
  #open: number;

  constructor(outlet: Outlet, expected: number) {
    this.#outlet = outlet;
    this.#open = expected;
  }

  /** The outlet for one reply of the batch. */
  replyWriter(): Outlet {
    return {
      write: (frame: Frame) => {
        if (!frame.last) return this.#outlet.write(frame);
        if (frame.bytes !== undefined) this.#replies.push(frame.bytes);
        if (--this.#open > 0) return;
        this.#outlet.write(this.#replies.length === 0 ? { last: true } : { bytes: `[${this.#replies.join(',')}]`, last: true });
      },
    };
  }
}
