import type { View } from './view.ts';

/** The most cached session views per profile view. */
const MAX_ENTRIES = 256;

/** Views of single sessions, built if some tools are not for all sessions. */
export interface SessionViews {
  get(whole: View, session: string): View;
}

/** `build` creates the view of one session in a profile. */
export function createSessionViews(build: (profile: string, session: string) => View): SessionViews {
  const views = new WeakMap<View, Map<string, View>>();
  return {
    get(whole, session) {
      if (!whole.bySession) return whole;
      const known = views.get(whole) ?? new Map<string, View>();
      views.set(whole, known);
      const found = known.get(session) ?? build(whole.profile, session);
      // Moves it to the end, so that the least recently used view is evicted first.
      known.delete(session);
      known.set(session, found);
      if (known.size > MAX_ENTRIES) known.delete(known.keys().next().value as string);
      return found;
    },
  };
}
