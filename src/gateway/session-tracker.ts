import type { Caller } from '../core/contract/caller.ts';
import type { Logger } from '../core/log.ts';
import type { Registry } from '../registry/registry.ts';
import { type ActiveMiddleware, notifyAll } from './call/middleware.ts';

/** Session ids seen so far; the oldest are evicted first. */
const MAX_SESSIONS = 10_000;

/** Session ids seen so far. */
export interface SeenSessions {
  /** True the first time a session is seen. */
  isNew(session: string): boolean;
}

/** An empty set of sessions. */
export function createSeenSessions(max: number = MAX_SESSIONS): SeenSessions {
  const seen = new Set<string>();
  return {
    isNew(session) {
      if (seen.has(session)) return false;
      seen.add(session);
      if (seen.size > max) seen.delete(seen.values().next().value as string);
      return true;
    },
  };
}

/** The dependencies of the tracker. */
export interface SessionTrackerParts {
  readonly registry: Pick<Registry, 'opening'>;
  readonly log: Logger;
  middlewareOf(caller: Caller): readonly ActiveMiddleware[];
}

/** Notifies plugins with middleware once for each new session of a client. */
export function createSessionTracker({ registry, log, middlewareOf }: SessionTrackerParts): (caller: Caller, session: string) => void {
  const seen = createSeenSessions();
  return (caller, session) => {
    const all = middlewareOf(caller);
    if (all.length === 0 || !seen.isNew(session)) return;
    const begin = (some: readonly ActiveMiddleware[]): void => notifyAll(some, log, (steps) => steps.sessionStarted?.({ session, caller }));
    begin(all);
    // The steps of these plugins are known once they have opened. A new session does not open them.
    for (const { plugin, opening } of all) {
      if (opening)
        void registry.opening(plugin.id, false)?.then(() => begin(middlewareOf(caller).filter((m) => m.plugin.id === plugin.id)));
    }
  };
}
