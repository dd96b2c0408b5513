import type { ToolResult } from '../../core/contract/content.ts';
import { GatewayError, toError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import { explainMissing, explainThrown } from './import-errors.ts';
import type { LoadRequest } from './load-request.ts';
import { loadEntry } from './loader.ts';
import type { LoadedPlugin, Runtime, RuntimeCall } from './runtime.ts';

/** Callbacks from a set of plugins to its process. */
export interface PluginSetEvents {
  log(id: string): Logger;
  stage(id: string, stage: string): void;
  changed(id: string, report: JsonObject): void;
  callAdapter(id: string, method: string, params: JsonObject): Promise<JsonValue>;
}

/** The plugins of one group, in a plugin process or inside the gateway. */
export interface PluginSet {
  load(id: string, module: string, params: JsonObject): Promise<JsonObject>;
  initialize(id: string): Promise<JsonObject>;
  call(id: string, tool: string, args: JsonObject, call: RuntimeCall): Promise<ToolResult>;
  request(id: string, method: string, params: JsonObject): Promise<JsonValue>;
  /** Closes all plugins in reverse order and logs errors. Resolves within the deadline. */
  close(deadlineMs: number): Promise<void>;
}

/** Creates an empty set. The `module` of `load` is the file URL of a format's runtime, which exports `runtime`. */
export function createPluginSet(events: PluginSetEvents): PluginSet {
  const plugins = new Map<string, LoadedPlugin>();
  const shared = new Map<string, unknown>();

  const find = (id: string): LoadedPlugin => {
    const plugin = plugins.get(id);
    if (!plugin) throw new GatewayError('PLUGIN_UNAVAILABLE', `Plugin "${id}" is not loaded.`);
    return plugin;
  };

  return {
    async load(id, module, params) {
      const { runtime } = (await import(module)) as { runtime: Runtime };
      const log = events.log(id);
      let request: LoadRequest | undefined;
      const opening = runtime.open(params, {
        id,
        log,
        shared,
        stage: (stage) => events.stage(id, stage),
        load(asked) {
          request = asked;
          return loadEntry(asked, log);
        },
        explain(error, what) {
          const cause = request && explainThrown(error, request);
          if (cause) log.warn(`${what}: ${cause.message} ${cause.fix}`);
          return cause;
        },
        callAdapter: (method, asked) => events.callAdapter(id, method, asked),
        changed: () => {
          const loaded = plugins.get(id);
          if (loaded) events.changed(id, loaded.report());
        },
      });
      // The plugin's first code may have required a missing package.
      const plugin = await opening.catch((error) => {
        throw (request && explainMissing(error, request)) ?? error;
      });
      plugins.set(id, plugin);
      return plugin.report();
    },
    async initialize(id) {
      const plugin = find(id);
      await plugin.initialize();
      return plugin.report();
    },
    call: (id, tool, args, call) => find(id).call(tool, args, call),
    async request(id, method, params) {
      const plugin = find(id);
      if (!plugin.request) throw new GatewayError('METHOD_NOT_FOUND', `Plugin "${id}" does not support "${method}".`);
      return plugin.request(method, params);
    },
    async close(deadlineMs) {
      const all = [...plugins].reverse();
      plugins.clear();
      const deadline = new Promise<void>((resolve) => setTimeout(resolve, deadlineMs).unref());
      const closing = all.map(([id, plugin]) =>
        plugin.close().catch((error) => events.log(id).error(`stop failed: ${toError(error).message}`)),
      );
      await Promise.race([Promise.all(closing), deadline]);
    },
  };
}
