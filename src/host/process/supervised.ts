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
const LAST_WORDS_MS = 50;

/** What stands at each descriptor of a program, from stdin on. */
export type Descriptors = readonly ('ignore' | 'pipe')[];

/** What some programs need besides. */
export interface Extras {
  /** A folder of its own that the reaper removes with it. */
  readonly dir?: string;
  readonly readLine?: ReadLine | undefined;
}

/**
 * A program in a process group of its own, watched from its start to the end of the last process it left behind. Its
 * stderr is drained for ever; what else it writes is its owner's to read.
 */
export class SupervisedProcess {
  /** Settles when it has ended, with the reason in words. */
  readonly exited: Promise<string>;
  /** How it ended, once it has; an error where it could not be started. */
  end: Exit | NodeJS.ErrnoException | undefined;
  /** What to do where it could not be started at all. */
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
        await Promise.race([silent, sleep(LAST_WORDS_MS, undefined, { ref: false })]);
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

  /** The stream at a descriptor: one to write to for stdin and what else the program reads, otherwise one to read. */
  stream(descriptor: number): Readable & Writable {
    return this.#child.stdio[descriptor] as Readable & Writable;
  }

  /** Ends the whole group at once; the reason is what `gone` tells. */
  kill(reason: string): void {
    this.#killedFor ??= reason;
    this.#signalGroup('SIGKILL');
  }

  /** Closes what tells the program that nobody needs it, then SIGTERM to the group, SIGKILL to the group, then whatever left it. */
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

  // The leader is ours until its exit has been seen, so its number cannot belong to another process.
  #signalGroup(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    trySignal(process.platform === 'win32' ? pid : -pid, signal);
  }

  // What the program started and left behind when it ended.
  #sweep(): void {
    for (const member of relatives(this.#leader, this.#mark)) signalIdentity(member, 'SIGKILL');
  }
}
