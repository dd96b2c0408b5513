import { defineTool, err, needsApproval, ok, withCache, withReturnDirect } from './tool-helpers.ts';

// Stands in for "@ethosagent/plugin-sdk". Plugins of the documented dialect take the helpers from here.
export { defineTool, err, needsApproval, ok, withCache, withReturnDirect };

/** A bus between plugins; what a handler throws is its own. */
export class PluginEventBus {
  readonly #handlers = new Map<string, Set<(payload: unknown) => void>>();

  emit(event: string, payload: unknown): void {
    for (const handler of [...(this.#handlers.get(event) ?? [])]) {
      try {
        handler(payload);
      } catch {
        // One listener's fault is nobody else's.
      }
    }
  }

  on(event: string, handler: (payload: unknown) => void): () => void {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(handler));
    return () => void handlers.delete(handler);
  }
}

/** Where a plugin's secrets are kept. */
export function pluginCredentialPrefix(pluginId: string): string {
  return `plugins/${pluginId}/`;
}

/** Where one secret of a plugin is kept. */
export function pluginCredentialRef(pluginId: string, key: string): string {
  return pluginCredentialPrefix(pluginId) + key;
}

/** The tools that both lists grant; a list that is absent grants all. */
export function intersectToolGrants(first?: readonly string[], second?: readonly string[]): readonly string[] | undefined {
  if (!first || !second) return first ?? second;
  return first.filter((name) => second.includes(name));
}

/** There is nothing of an older host to move. */
export async function migrateLegacyPluginCredentials(): Promise<void> {}

function absent(name: string): never {
  throw new Error(`${name} is a part of the plugin's original host and does not exist here.`);
}

/** Exists to be imported. */
export class PluginApiImpl {
  constructor() {
    absent('PluginApiImpl');
  }
}

/** Exists to be imported. */
export class ContextStore {
  constructor() {
    absent('ContextStore');
  }
}

/** Exists to be imported. */
export class DiagnosticStore {
  constructor() {
    absent('DiagnosticStore');
  }
}

/** Exists to be imported. */
export class LocalOAuthServer {
  constructor() {
    absent('LocalOAuthServer');
  }
}

/** Exists to be imported. */
export class OAuthCoordinatorImpl {
  constructor() {
    absent('OAuthCoordinatorImpl');
  }
}
