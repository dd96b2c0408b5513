import type { Caller } from '../core/contract/caller.ts';
import { canonicalJson } from '../core/json/canonical.ts';
import { isJsonObject } from '../core/json/json.ts';
import type { ToolEntry } from '../registry/catalogue/catalogue.ts';
import type { Store } from '../store/store.ts';
import { inApprovalStore } from './approval-store.ts';

/** Identifies a grant: a principal in a profile, and a tool by its plugin and own name. */
export interface GrantKey {
  readonly principal: string;
  readonly profile: string;
  readonly plugin: string;
  readonly tool: string;
}

/** The key of a caller's grant for a tool. */
export function toGrantKey({ principal, profile }: Pick<Caller, 'principal' | 'profile'>, { plugin, tool }: ToolEntry): GrantKey {
  return { principal, profile, plugin: plugin.id, tool: tool.name };
}

/** A stored approval: the tool may run without a question. */
export interface Grant extends GrantKey {
  /** Digest of the tool at that time. A changed tool requires a new approval. */
  readonly surface: string;
  readonly time: number;
}

/** Stored approvals. They survive restarts, and are read on each use, because other processes may change them. */
export interface Grants {
  has(key: GrantKey, surface: string): boolean;
  add(key: GrantKey, surface: string): void;
  list(): readonly Grant[];
  /** Revokes a grant; false if there was none. */
  revoke(key: GrantKey): boolean;
  /** Throws APPROVAL_STORE_UNAVAILABLE if the store is damaged, even if no grant has to be read. */
  refuseUnusable(): void;
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
    refuseUnusable: () => inApprovalStore(store.refuseUnusable),
  };
}

function nameOf({ principal, profile, plugin, tool }: GrantKey): string {
  return canonicalJson([principal, profile, plugin, tool]);
}

function toGrant(text: string): Grant | undefined {
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? (value as unknown as Grant) : undefined;
}
