const MAX_SESSIONS = 1_000;

/** State shared by the tools of one session. */
export interface Session {
  turn: number;
  readonly context: Map<string, unknown>;
  /** Modification times of read files, for tools that guard against stale writes. */
  readonly readMtimes: Map<string, number>;
}

/** Sessions by id. The least recently used one is evicted first. */
export class Sessions {
  readonly #all = new Map<string, Session>();

  get(id: string): Session {
    const session = this.#all.get(id) ?? { turn: 0, context: new Map<string, unknown>(), readMtimes: new Map<string, number>() };
    this.#all.delete(id);
    this.#all.set(id, session);
    if (this.#all.size > MAX_SESSIONS) this.#all.delete(this.#all.keys().next().value as string);
    return session;
  }
}
