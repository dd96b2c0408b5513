import { ERROR_CODES } from '../../../dist/src/core/error-codes.js';

/** The invariants; a run ends with the first violation. */
export const STATEMENTS = {
  O1: 'every owed request id gets exactly one reply, its own, or its connection closes',
  O2: 'a client on another connection, calling a healthy plugin, sees no error and no long wait',
  O3: 'afterwards children, descriptors, sessions and memory are back where they were',
  O4: 'errors have a stable code and a reference, and show no secret, no stack, no path; nobody sees what belongs to another',
  O5: 'the gateway lives on, serves every plugin again, and ends in order when asked, leaving no process',
};

const MARK = /§([\w-]+)\./g;
// As written in JSON.
const STACK = /\\n +at .+:\d+:\d+/;
const MAX_STEPS = 400;

/** Records steps and the first violated invariant. */
export class Oracle {
  #steps = [];
  #started = performance.now();
  #secrets = [];
  #paths = [];
  broken;
  counts = {};
  /** Aborted with the first violation. */
  end = new AbortController();

  constructor(stop) {
    stop.addEventListener('abort', () => this.fail('O5', 'the run was stopped from outside'));
  }

  step(who, what) {
    const at = ((performance.now() - this.#started) / 1000).toFixed(3);
    this.#steps.push(`${at.padStart(9)} ${who}: ${what}`);
    if (this.#steps.length > MAX_STEPS) this.#steps.shift();
  }

  steps(last) {
    return this.#steps.slice(-last);
  }

  count(what, by = 1) {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  fail(which, what) {
    if (this.broken) return;
    this.broken = { which, what };
    this.step('oracle', `${which} broken: ${what}`);
    this.end.abort();
  }

  /** Secrets that no client may see, and paths that no client may see. */
  forbid(secrets, paths) {
    this.#secrets = secrets;
    this.#paths = paths;
  }

  /** Searches a text that `owner` received for data that must not be in it. */
  inspect(owner, text) {
    for (const [, other] of text.matchAll(MARK)) if (other !== owner) this.fail('O4', `${owner} received a payload of ${other}`);
    if (STACK.test(text)) this.fail('O4', `${owner} received a stack: ${text.slice(0, 300)}`);
    for (const path of this.#paths) if (text.includes(path)) this.fail('O4', `${owner} received a path: ${text.slice(0, 300)}`);
    this.inspectSecrets(owner, text);
  }

  inspectSecrets(where, text) {
    for (const secret of this.#secrets) if (text.includes(secret)) this.fail('O4', `${where} shows the planted secret "${secret}"`);
  }

  /** Checks the form of an error of the gateway. Returns its code. */
  errorCode(owner, object, text) {
    const known = typeof object?.code === 'string' && object.code in ERROR_CODES;
    if (!known || typeof object.message !== 'string' || typeof object.ref !== 'string')
      this.fail('O4', `${owner} received an error of an unknown form: ${text.slice(0, 300)}`);
    return object?.code;
  }
}

/** A payload that names its owner, so that it is recognized anywhere. */
export const payload = (owner, number, size) => `§${owner}.${number}§`.padEnd(size, 'x');
