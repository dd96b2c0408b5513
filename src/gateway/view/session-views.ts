import type { View } from './view.ts';

/** Sessions whose view is kept for one catalogue. */
const MAX_ENTRIES = 256;

/** Views of single sessions, built where a catalogue holds what not every session has. */
export interface SessionViews {
  get(whole: View, session: string): View;
}

/** `build` makes the view that one session has of a profile. */
export function createSessionViews(build: (profile: string, session: string) => View): SessionViews {
  const views = new WeakMap<View, Map<string, View>>();
  return {
    get(whole, session) {
      if (!whole.bySession) return whole;
      const known = views.get(whole) ?? new Map<string, View>();
      views.set(whole, known);
      const found = known.get(session) ?? build(whole.profile, session);
      // The one used last stands last; the first is the one to go.
      known.delete(session);
      known.set(session, found);
      if (known.size > MAX_ENTRIES) known.delete(known.keys().next().value as string);
      return found;
    },
  };
}
