import type { HostLimits } from '../../core/contract/host.ts';

/** How a heartbeat interacts with the process it monitors. */
export interface HeartbeatHooks {
  ping(): void;
  /** How long the process may currently be silent, in milliseconds. */
  patience(): number;
  hung(): void;
}

/** Measures how long a process has been silent. */
export interface Heartbeat {
  start(): void;
  received(): void;
  silent(): boolean;
  /** Checks now, not with the next beat, whether the process has been silent for too long. */
  look(): void;
  stop(): void;
}

const BEAT_MS = 500;

/** Pings a quiet process twice a second and reports one that stays silent for too long. */
export function createHeartbeat(limits: HostLimits, hooks: HeartbeatHooks): Heartbeat {
  let last = performance.now();
  let beaten = last;
  let asked = false;
  let timer: NodeJS.Timeout | undefined;

  const beat = (): void => {
    const now = performance.now();
    // Time during which the gateway itself was blocked does not count as silence of the process.
    const away = now - beaten - BEAT_MS;
    if (away > BEAT_MS) last += away;
    beaten = now;
    if (!asked && now - last >= BEAT_MS) {
      asked = true;
      hooks.ping();
    }
    look();
  };
  // Measured up to the last beat, for the same reason.
  const silentFor = (ms: number): boolean => asked && beaten - last >= ms;
  const look = (): void => {
    if (silentFor(hooks.patience())) hooks.hung();
  };

  return {
    look,
    start() {
      last = performance.now();
      beaten = last;
      timer ??= setInterval(beat, BEAT_MS).unref();
    },
    received() {
      last = performance.now();
      asked = false;
    },
    silent: () => silentFor(limits.unresponsiveMs),
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
