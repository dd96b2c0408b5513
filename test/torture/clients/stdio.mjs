import { spawn } from 'node:child_process';
import { createLineSplitter } from '../../../dist/src/core/text/lines.js';
import { Client } from './client.mjs';

/** A separate gateway process, used over stdin and stdout. */
export class StdioClient extends Client {
  #command;
  #child;
  #exited;
  stderr = '';
  lines = true;

  constructor({ command, ...rest }) {
    super(rest);
    this.#command = command;
    this.abilities = new Set(['connection', 'raw', 'pause']);
  }

  get connected() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid() {
    return this.#child?.pid;
  }

  async connect() {
    const [program, ...args] = this.#command.args;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: this.#command.env });
    this.#child = child;
    const read = createLineSplitter(16 * 1024 * 1024, {
      // Output that a killed gateway had still written is ignored.
      line: (line) => this.#child === child && this.receive(line.toString()),
      tooLong: () => this.oracle.fail('O1', `${this.name} received an endless line`),
    });
    child.stdout.on('data', read);
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (chunk) => {
      this.stderr = (this.stderr + chunk).slice(-65_536);
      this.oracle.inspectSecrets(`the log of ${this.name}`, String(chunk));
    });
    this.#exited = new Promise((resolve) => {
      child.on('error', () => resolve(-1));
      child.on('exit', (code, signal) => resolve(signal ?? code));
    });
    void this.#exited.then(() => this.#child === child && this.owed.gone());
  }

  transmit(message) {
    this.raw(`${JSON.stringify(message)}\n`);
  }

  raw(bytes) {
    if (this.connected) this.#child.stdin.write(bytes);
    else this.owed.gone();
  }

  pause(paused) {
    if (paused) this.#child?.stdout.pause();
    else this.#child?.stdout.resume();
  }

  /** Kills the gateway process. */
  drop() {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
    this.owed.gone();
  }

  /** Ends its stdin; the process must then exit with 0. */
  async close() {
    const child = this.#child;
    // A process that was started with a broken configuration has already exited.
    if (!this.connected) return this.drop();
    child.stdout.resume();
    child.stdin.end();
    const late = new Promise((resolve) => setTimeout(resolve, 20_000, 'nothing within 20 s').unref());
    const how = await Promise.race([this.#exited, late]);
    if (how !== 0) this.oracle.fail('O5', `${this.name}: its gateway ended with ${how} after its stdin had ended`);
    this.drop();
  }
}
