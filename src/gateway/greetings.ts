import type { Caller } from '../core/caller.ts';
import type { Logger } from '../core/log.ts';
import type { Registry } from '../registry/registry.ts';
import { type ActiveMiddleware, notifyAll } from './middleware.ts';

/** Who has been met already: the oldest are forgotten first. */
const MOST_SESSIONS = 10_000;

/** Tells once for each session that it has begun. */
export interface Greetings {
  /** True the first time a session is met. */
  isNew(session: string): boolean;
}

/** Nobody has been met yet. */
export function createGreetings(most: number = MOST_SESSIONS): Greetings {
  const met = new Set<string>();
  return {
    isNew(session) {
      if (met.has(session)) return false;
      met.add(session);
      if (met.size > most) met.delete(met.values().next().value as string);
      return true;
    },
  };
}

/** What greeting needs of the gateway. */
export interface GreeterParts {
  readonly registry: Pick<Registry, 'opening'>;
  readonly log: Logger;
  middlewareOf(caller: Caller): readonly ActiveMiddleware[];
}

/** Tells plugins that take part in calls of each session of a client, once. */
export function createGreeter({ registry, log, middlewareOf }: GreeterParts): (caller: Caller, session: string) => void {
  const greetings = createGreetings();
  return (caller, session) => {
    const all = middlewareOf(caller);
    if (all.length === 0 || !greetings.isNew(session)) return;
    const begin = (some: readonly ActiveMiddleware[]): void => notifyAll(some, log, (steps) => steps.sessionStarted?.({ session, caller }));
    begin(all);
    // What these do is known once they have opened; this is no reason to open them.
    for (const { plugin, opening } of all) {
      if (opening)
        void registry.opening(plugin.id, false)?.then(() => begin(middlewareOf(caller).filter((m) => m.plugin.id === plugin.id)));
    }
  };
}
