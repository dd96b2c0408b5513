import type { GrantKey } from '../../policy/grants.ts';

const MAX_ENTRIES = 10_000;

/** Approvals for the rest of a session. In memory only. */
export interface SessionGrants {
  has(session: string, key: GrantKey, surface: string): boolean;
  add(session: string, key: GrantKey, surface: string): void;
}

/** Grants of sessions. Sessions may end without notice, so only the newest `max` grants are kept. */
export function createSessionGrants(max: number = MAX_ENTRIES): SessionGrants {
  const given = new Set<string>();
  const nameOf = (session: string, { principal, profile, plugin, tool }: GrantKey, surface: string): string =>
    JSON.stringify([session, principal, profile, plugin, tool, surface]);
  return {
    has: (...of) => given.has(nameOf(...of)),
    add(...of) {
      if (given.size >= max) for (const oldest of given) if (given.delete(oldest)) break;
      given.add(nameOf(...of));
    },
  };
}
