import { thrownText } from '../../../../src/core/errors.ts';
import type { MonitorReport } from '../../report.ts';
import type { EthosMonitor } from '../format.ts';

/** A notice from a plugin to the user. */
export interface Notice {
  readonly sessionKey?: string;
  readonly message?: string;
  readonly startTurn?: boolean;
  readonly payload?: unknown;
}

/** Functions that monitors use. */
export interface MonitorParts {
  find(name: string): EthosMonitor | undefined;
  /** The second argument of a run. */
  context(name: string, signal: AbortSignal): object;
  /** A run started, or ended (`running` is undefined). */
  changed(name: string, running: object | undefined): void;
  log(message: string): void;
}

interface Run {
  readonly abort: AbortController;
}

/** The background runs of one plugin, at most one per monitor. */
export class Monitors {
  readonly #parts: MonitorParts;
  readonly #runs = new Map<string, Run>();
  readonly #crashed = new Map<string, string>();

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  start(name: string, params: object): void {
    const monitor = this.#parts.find(name);
    if (!monitor) throw new Error(`Monitor "${name}" not registered.`);
    this.#runs.get(name)?.abort.abort();
    const run: Run = { abort: new AbortController() };
    this.#runs.set(name, run);
    this.#crashed.delete(name);
    this.#parts.changed(name, params);
    const { signal } = run.abort;
    Promise.resolve()
      .then(() => monitor.run(params, this.#parts.context(name, signal)))
      .then(
        () => this.#ended(name, run),
        (error) => this.#ended(name, run, signal.aborted ? undefined : thrownText(error)),
      );
  }

  stop(name: string): void {
    const run = this.#runs.get(name);
    if (!run) return;
    this.#runs.delete(name);
    run.abort.abort();
    this.#parts.changed(name, undefined);
  }

  /** Stops all runs. They resume at the next start. */
  close(): void {
    for (const { abort } of this.#runs.values()) abort.abort();
    this.#runs.clear();
  }

  isRunning(name: string): boolean {
    return this.#runs.has(name);
  }

  report(names: Iterable<string>): MonitorReport[] {
    return [...names].map((name) => {
      const error = this.#crashed.get(name);
      if (error !== undefined) return { name, state: 'crashed', error };
      return { name, state: this.#runs.has(name) ? 'running' : 'idle' };
    });
  }

  #ended(name: string, run: Run, error?: string): void {
    if (this.#runs.get(name) !== run) return;
    this.#runs.delete(name);
    if (error !== undefined) {
      this.#crashed.set(name, error);
      this.#parts.log(`the monitor "${name}" failed: ${error}`);
    }
    this.#parts.changed(name, undefined);
  }
}
