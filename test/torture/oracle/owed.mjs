const LATEST_MS = 60_000;

/** The pending replies of one client. Every id is settled once: by its reply, its cancellation, or with its connection. */
export class Owed {
  #owner;
  #oracle;
  #open = new Map();
  #cancelled = new Set();

  constructor(owner, oracle) {
    this.#owner = owner;
    this.#oracle = oracle;
  }

  get size() {
    return this.#open.size;
  }

  /** Resolves with the reply, or undefined if there will be none. */
  owe(id, what) {
    this.#oracle.count('requests');
    return new Promise((resolve) => this.#open.set(id, { resolve, what, since: performance.now() }));
  }

  has(id) {
    return this.#open.has(id);
  }

  pay(message) {
    const debt = this.#open.get(message.id);
    if (debt) {
      this.#open.delete(message.id);
      this.#oracle.count('replies');
      return debt.resolve(message);
    }
    // A reply that crossed the cancellation; a second one is a fault.
    if (this.#cancelled.delete(message.id)) return;
    const text = JSON.stringify(message).slice(0, 200);
    this.#oracle.fail('O1', `${this.#owner} received a reply to ${JSON.stringify(message.id)}, which was not pending: ${text}`);
  }

  cancel(id) {
    if (!this.#open.has(id)) return;
    this.#cancelled.add(id);
    this.forget(id);
  }

  /** The same id was sent again: once the first has its reply, the gateway may accept the second as a new request. */
  repeat(id) {
    this.#cancelled.add(id);
  }

  /** No reply will arrive for this id. */
  forget(id) {
    const debt = this.#open.get(id);
    this.#open.delete(id);
    debt?.resolve(undefined);
  }

  /** The connection has closed. */
  gone() {
    for (const id of [...this.#open.keys()]) this.forget(id);
    this.#cancelled.clear();
  }

  /** Fails if a reply is overdue. */
  check() {
    const now = performance.now();
    for (const [id, { what, since }] of this.#open) {
      if (now - since > LATEST_MS) this.#oracle.fail('O1', `${this.#owner} never got its reply to ${JSON.stringify(id)} (${what})`);
    }
  }
}
