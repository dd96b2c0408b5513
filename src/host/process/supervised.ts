import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostLimits } from '../../core/contract/host.ts';
import type { ProgramSpec } from '../../core/contract/process.ts';
import { describeExit, describeSpawnError, type Exit } from './diagnose.ts';
import { childEnvironment } from './environment.ts';
import type { OrphanReaper } from './orphan-reaper.ts';
import { createOutput, type Output, type ReadLine } from './output.ts';
import { identify, type ProcessIdentity, relatives, signalIdentity, trySignal } from './process-tree.ts';

const LAST_LINES = 20;
const FLUSH_MS = 50;

/** File descriptors of a program, starting with stdin. */
export type Descriptors = readonly ('ignore' | 'pipe')[];

/** Optional properties of a program. */
export interface Extras {
  /** A folder that the reaper deletes with the program. */
  readonly dir?: string;
  readonly readLine?: ReadLine | undefined;
}

/**
 * A program in its own process group, supervised until the last process it left behind has ended. Its stderr is always
 * drained; the owner reads its other streams.
 */
export class SupervisedProcess {
  /** Resolves with the reason when it has ended. */
  readonly exited: Promise<string>;
  /** How it ended; an error if it could not be started; undefined while it runs. */
  end: Exit | NodeJS.ErrnoException | undefined;
  /** What to do if it could not be started. */
  fix: string | undefined;
  readonly output: Output;
  readonly #child: ChildProcess;
  readonly #limits: HostLimits;
  readonly #leader: ProcessIdentity;
  readonly #mark: string;
  readonly #exited: Promise<true>;
  #killedFor: string | undefined;

  constructor(spec: ProgramSpec, descriptors: Descriptors, limits: HostLimits, reaper: OrphanReaper, extras: Extras = {}) {
    this.#limits = limits;
    this.#mark = randomUUID();
    reaper.add(this.#mark, undefined, extras.dir);
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: childEnvironment(spec.env, this.#mark),
      stdio: [...descriptors],
      detached: true,
      shell: false,
      windowsHide: true,
    });
    this.#child = child;
    this.#leader = (child.pid === undefined ? undefined : identify(child.pid)) ?? { pid: child.pid ?? 0, start: '' };
    this.output = createOutput(spec.log, limits, extras.readLine);
    const silent = new Promise<void>((resolve) => (child.stderr ? child.stderr.once('close', resolve) : resolve()));
    let exited: () => void = () => undefined;
    this.#exited = new Promise((resolve) => {
      exited = () => resolve(true);
    });
    this.exited = new Promise((resolve) => {
      child.on('error', (error) => {
        const { message, fix } = describeSpawnError(spec.command, error);
        this.end = error;
        this.fix = fix;
        exited();
        resolve(message);
      });
      child.on('exit', async (code, signal) => {
        this.end = { code, signal };
        exited();
        // Wait briefly for remaining stderr, but not for `close`: a grandchild may keep the pipe open.
        await Promise.race([silent, sleep(FLUSH_MS, undefined, { ref: false })]);
        resolve(this.#killedFor ?? describeExit({ code, signal }, this.output.tail(LAST_LINES)));
      });
    });
    for (const stream of child.stdio) stream?.on('error', () => undefined);
    if (child.stderr) this.output.drain(child.stderr, 'stderr');
    if (child.pid !== undefined) reaper.add(this.#mark, this.#leader, extras.dir);
    void this.exited.then(() => {
      this.#sweep();
      reaper.remove(this.#mark);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The stream at a descriptor: writable for stdin and other inputs of the program, otherwise readable. */
  stream(descriptor: number): Readable & Writable {
    return this.#child.stdio[descriptor] as Readable & Writable;
  }

  /** Kills the whole group; `exited` resolves with the reason. */
  kill(reason: string): void {
    this.#killedFor ??= reason;
    this.#signalGroup('SIGKILL');
  }

  /** Stops it: `close` (its input), then SIGTERM and SIGKILL to the group, then SIGKILL to processes that left the group. */
  async stop(close: () => void): Promise<void> {
    const { stopGraceMs } = this.#limits;
    const family = relatives(this.#leader, this.#mark);
    close();
    if (!(await this.#ended(stopGraceMs / 4))) {
      this.#signalGroup('SIGTERM');
      if (!(await this.#ended(stopGraceMs))) this.#signalGroup('SIGKILL');
      await this.exited;
    }
    for (const member of family) signalIdentity(member, 'SIGKILL');
  }

  async #ended(within: number): Promise<boolean> {
    return Promise.race([this.#exited, sleep(within, false, { ref: false })]);
  }

  // Until the exit of the leader is reported, its pid cannot be reused.
  #signalGroup(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    trySignal(process.platform === 'win32' ? pid : -pid, signal);
  }

  // Kills processes that the program left behind.
  #sweep(): void {
    for (const member of relatives(this.#leader, this.#mark)) signalIdentity(member, 'SIGKILL');
  }
}
