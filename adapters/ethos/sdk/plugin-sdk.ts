import { defineTool, err, needsApproval, ok, withCache, withReturnDirect } from './tool-helpers.ts';

// Stand-in for "@ethosagent/plugin-sdk". Plugins of the documented dialect import the helpers from here.
export { defineTool, err, needsApproval, ok, withCache, withReturnDirect };

/** An event bus between plugins. Errors of handlers are ignored. */
export class PluginEventBus {
  readonly #handlers = new Map<string, Set<(payload: unknown) => void>>();

  emit(event: string, payload: unknown): void {
    for (const handler of [...(this.#handlers.get(event) ?? [])]) {
      try {
        handler(payload);
      } catch {
        // A failing listener must not affect the others.
      }
    }
  }

  on(event: string, handler: (payload: unknown) => void): () => void {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(handler));
    return () => void handlers.delete(handler);
  }
}

/** Reference prefix of a plugin's secrets. */
export function pluginCredentialPrefix(pluginId: string): string {
  return `plugins/${pluginId}/`;
}

/** Reference of one secret of a plugin. */
export function pluginCredentialRef(pluginId: string, key: string): string {
  return pluginCredentialPrefix(pluginId) + key;
}

/** The tools in both lists. An absent list grants all. */
export function intersectToolGrants(first?: readonly string[], second?: readonly string[]): readonly string[] | undefined {
  if (!first || !second) return first ?? second;
  return first.filter((name) => second.includes(name));
}

/** No-op: there is no older host to migrate from. */
export async function migrateLegacyPluginCredentials(): Promise<void> {}

function absent(name: string): never {
  throw new Error(`${name} is part of the plugin's original host and is not supported.`);
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
