import { GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Policy } from '../policy/policy.ts';

/** The profiles that clients may have used since the last look at the plugins. */
export interface EndedProfiles {
  /** Notes the profiles of a policy before another one replaces it. */
  keep(policy: Policy): void;
  /** Ends what belongs to profiles that the policy no longer has. Their clients never get the view of another profile. */
  end(policy: Policy): void;
}

/** `revoke` ends the sessions and calls of the given profiles. */
export function createEndedProfiles(revoke: (gone: ReadonlySet<string>, error: GatewayError) => void, log: Logger): EndedProfiles {
  let profiles: readonly string[] = [];
  return {
    keep(policy) {
      profiles = [...new Set([...profiles, ...policy.profiles()])];
    },
    end(policy) {
      const gone = new Set(profiles.filter((profile) => !policy.hasProfile(profile)));
      profiles = policy.profiles();
      if (gone.size === 0) return;
      for (const profile of gone) log.warn(`profile "${profile}" was removed: its sessions and calls end`);
      revoke(gone, new GatewayError('NOT_FOUND', 'The profile was removed.'));
    },
  };
}
