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
