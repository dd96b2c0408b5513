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
  let beaten = last;
  let asked = false;
  let timer: NodeJS.Timeout | undefined;

  const beat = (): void => {
    const now = performance.now();
    // While the gateway itself stood still it could hear nobody: that time is not the process's silence.
    const away = now - beaten - BEAT_MS;
    if (away > BEAT_MS) last += away;
    beaten = now;
    const silence = now - last;
    if (!asked && silence >= BEAT_MS) {
      asked = true;
      hooks.ping();
    }
    if (silence >= limits.hungMs && !hooks.waiting()) hooks.hung();
  };

  return {
    start() {
      last = performance.now();
      beaten = last;
      timer ??= setInterval(beat, BEAT_MS).unref();
    },
    heard() {
      last = performance.now();
      asked = false;
    },
    // As of the last beat, for the same reason.
    silent: () => asked && beaten - last >= limits.unresponsiveMs,
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
