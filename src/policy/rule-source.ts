import type { Config } from '../config/config.ts';
import { withYieldedRules } from '../config/yielded-rules.ts';
import type { OfferedProfile } from '../core/contract/offered-profile.ts';
import type { DiscoveredPlugin } from '../registry/discovery/discovered-plugin.ts';
import { createPolicy, type Policy } from './policy.ts';

/** A configuration with entries for everything that has rules, and its policy. */
export interface Rules {
  readonly config: Config;
  readonly policy: Policy;
}

/** Adds to a configuration what is served, but not in the file: plugins that are being closed, and what plugins yield. */
export interface RuleSource {
  of(next: Config, offered: readonly OfferedProfile[]): Rules;
  /** Plugins that the file no longer names keep their rules until `settled`. Returns a function that takes this back. */
  retain(plugins: Config['plugins']): () => void;
  /** Plugins are about to open. Whether any has rules that the present ones lack. */
  opening(found: readonly DiscoveredPlugin[]): boolean;
  /** They have opened, and the plugins they replace are closed. */
  settled(found: readonly DiscoveredPlugin[]): void;
}

/** Creates one for the life of an app. */
export function createRuleSource(): RuleSource {
  let closing: Config['plugins'] = new Map();
  let yielded: readonly DiscoveredPlugin[] = [];
  const yieldedOf = (found: readonly DiscoveredPlugin[]): readonly DiscoveredPlugin[] => found.filter(({ parent }) => parent);
  return {
    of(next, offered) {
      const all = closing.size === 0 ? next : { ...next, plugins: new Map([...closing, ...next.plugins]) };
      const config = withYieldedRules(all, yielded);
      return { config, policy: createPolicy(config, offered) };
    },
    retain(plugins) {
      const before = closing;
      closing = new Map([...closing, ...plugins]);
      return () => {
        closing = before;
      };
    },
    opening(found) {
      yielded = [...yielded, ...yieldedOf(found)];
      return yielded.length > 0;
    },
    settled(found) {
      closing = new Map();
      yielded = yieldedOf(found);
    },
  };
}
