import type { HostLimits } from './home.ts';

/** What a heartbeat needs of the process it watches. */
export interface HeartbeatHooks {
  ping(): void;
  /** Whether calls are in flight: then their own deadlines decide, not this clock. */
  waiting(): boolean;
  hung(): void;
}

/** Watches how long a process has been silent. */
export interface Heartbeat {
  start(): void;
  heard(): void;
  silent(): boolean;
  stop(): void;
}

const BEAT_MS = 500;

/** Pings a quiet process twice a second and reports one that stays silent with nothing to do. */
export function createHeartbeat(limits: HostLimits, hooks: HeartbeatHooks): Heartbeat {
  let last = performance.now();
  let asked = false;
  let timer: NodeJS.Timeout | undefined;

  const beat = (): void => {
    const silence = performance.now() - last;
    if (!asked && silence >= BEAT_MS) {
      asked = true;
      hooks.ping();
    }
    if (silence >= limits.hungMs && !hooks.waiting()) hooks.hung();
  };

  return {
    start() {
      last = performance.now();
      timer ??= setInterval(beat, BEAT_MS).unref();
    },
    heard() {
      last = performance.now();
      asked = false;
    },
    silent: () => asked && performance.now() - last >= limits.unresponsiveMs,
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
