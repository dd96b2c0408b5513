import type { Caller } from '../core/contract/caller.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import { isJsonObject } from '../core/json/json.ts';
import type { ToolEntry } from '../registry/catalogue/catalogue.ts';
import type { Store } from '../store/store.ts';
import { inApprovalStore } from './approval-store.ts';

/** For whom a tool is allowed: a principal in a profile. The tool is named by its plugin and its own name. */
export interface GrantKey {
  readonly principal: string;
  readonly profile: string;
  readonly plugin: string;
  readonly tool: string;
}

/** What a grant for a caller and a tool goes by. */
export function toGrantKey({ principal, profile }: Pick<Caller, 'principal' | 'profile'>, { plugin, tool }: ToolEntry): GrantKey {
  return { principal, profile, plugin: plugin.id, tool: tool.name };
}

/** A person's word that a tool may run without being asked for each call. */
export interface Grant extends GrantKey {
  /** What the tool looked like then: a tool that has changed is asked about again. */
  readonly surface: string;
  readonly time: number;
}

/** Stored approvals. They survive restarts, and are read each time, since another process may change them. */
export interface Grants {
  has(key: GrantKey, surface: string): boolean;
  add(key: GrantKey, surface: string): void;
  list(): readonly Grant[];
  /** Revokes a grant; false if there was none. */
  revoke(key: GrantKey): boolean;
  /** Throws APPROVAL_STORE_UNAVAILABLE if the store is damaged, also for what needs no grant of it. */
  refuseDamage(): void;
}

const SPACE = 'grants';

/** The grants of a store. */
export function createGrants(store: Store, now: () => number = Date.now): Grants {
  const get = (key: GrantKey): Grant | undefined => {
    return inApprovalStore(() => {
      const text = store.get(SPACE, nameOf(key));
      return text === undefined ? undefined : toGrant(text);
    });
  };
  return {
    has: (key, surface) => get(key)?.surface === surface,
    add({ principal, profile, plugin, tool }, surface) {
      const grant: Grant = { principal, profile, plugin, tool, surface, time: now() };
      inApprovalStore(() => store.set(SPACE, nameOf(grant), JSON.stringify(grant)));
    },
    list: () => inApprovalStore(() => [...store.entries(SPACE).values()].flatMap((text) => toGrant(text) ?? [])),
    revoke(key) {
      if (!get(key)) return false;
      inApprovalStore(() => store.delete(SPACE, nameOf(key)));
      return true;
    },
    refuseDamage: () => inApprovalStore(store.refuseDamage),
  };
}

function nameOf({ principal, profile, plugin, tool }: GrantKey): string {
  return canonicalJson([principal, profile, plugin, tool]);
}

function toGrant(text: string): Grant | undefined {
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? (value as unknown as Grant) : undefined;
}
