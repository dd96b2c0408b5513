import { errorResult } from '../../src/core/contract/content.ts';
import { thrownText, toError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import type { LoadedPlugin, Runtime, RuntimeContext } from '../../src/host/node/runtime.ts';
import type { TalosReport } from './report.ts';
import { toResult } from './result.ts';
import { TriggerRunner } from './trigger-runner.ts';

type Callable = (...args: unknown[]) => unknown;
type Exports = Record<string, unknown>;

interface Params {
  readonly entry: string;
  readonly functions: readonly string[];
  readonly triggers: readonly string[];
  readonly record: Readonly<Record<string, string>>;
  readonly usable: boolean;
  readonly dataDir: string;
  readonly moduleRoots: readonly string[];
  readonly cacheDir: string;
  readonly location?: { readonly from: string; readonly to: string };
}

/** Modules of the original host that contain only types. */
const STAND_INS = {
  '@talos/shared/types': null,
  '@talos/shared': null,
  '@talos/server/plugins': null,
};
const SERVICES = 'talos:services';

/** Runs Talos plugins inside a plugin process. */
export const runtime: Runtime = {
  async open(raw, context) {
    const params = raw as unknown as Params;
    context.stage('import');
    const { entry, moduleRoots, cacheDir, location } = params;
    const loaded = await context.load({
      entry,
      moduleRoots,
      cacheDir,
      standIns: STAND_INS,
      ...(location ? { location } : {}),
    });
    const exports = findExports(loaded, params.functions);
    context.stage('init');
    await callIfFunction(exports.init, createLogger(context), services(context));
    return new TalosPlugin(params, exports, context);
  },
};

/** The third argument of a handler. */
class More {
  readonly #call: { readonly signal: AbortSignal };

  constructor(call: { readonly signal: AbortSignal }) {
    this.#call = call;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }
}

class TalosPlugin implements LoadedPlugin {
  readonly #params: Params;
  readonly #exports: Exports;
  readonly #context: RuntimeContext;
  readonly #dialect: TalosReport['dialect'];
  readonly #handlers: ReadonlyMap<string, Callable>;
  readonly #undeclared: readonly string[];
  readonly #triggers: TriggerRunner;
  #startError: string | undefined;
  #startFix: string | undefined;
  #started = false;

  constructor(params: Params, exports: Exports, context: RuntimeContext) {
    this.#params = params;
    this.#exports = exports;
    this.#context = context;
    const { handlers } = exports;
    const map = isJsonObject(handlers) ? (handlers as Exports) : undefined;
    this.#handlers = ownFunctions(map ?? exports, params.functions);
    this.#dialect = map ? 'source' : this.#handlers.size > 0 || params.functions.length === 0 ? 'docs' : 'none';
    this.#triggers = new TriggerRunner(exports.triggers, params.triggers, () => this.#configOf(), context);
    const declared = new Set(params.functions);
    this.#undeclared = map ? Object.keys(map).filter((name) => typeof map[name] === 'function' && !declared.has(name)) : [];
    // The first line of a log loads its library, which a start without faults should not.
    const level = this.#handlers.size === params.functions.length ? 'debug' : 'info';
    context.log[level](`dialect: ${this.#dialect}; ${this.#handlers.size} of ${params.functions.length} functions have a handler`);
  }

  report(): JsonObject {
    const report: TalosReport = {
      dialect: this.#dialect,
      functions: [...this.#handlers.keys()],
      undeclared: this.#undeclared,
      ...this.#triggers.report(),
      ...(this.#startError === undefined ? {} : { startError: this.#startError }),
      ...(this.#startFix === undefined ? {} : { startFix: this.#startFix }),
    };
    return report as unknown as JsonObject;
  }

  async initialize(): Promise<void> {
    const start = this.#lifecycle('start');
    if (!start || !this.#params.usable) return;
    this.#context.stage('start');
    try {
      await start(this.#configOf(), createLogger(this.#context));
      this.#started = true;
    } catch (error) {
      // The functions are still served: the plugin may partly work.
      const missing = this.#context.explain(error, 'start()');
      this.#startError = missing ? missing.message : thrownText(error);
      this.#startFix = missing?.fix;
      this.#context.log.error(`start() failed: ${toError(error).stack}`);
    }
  }

  async call(tool: string, args: JsonObject, call: { readonly signal: AbortSignal }): ReturnType<LoadedPlugin['call']> {
    const handler = this.#handlers.get(tool);
    if (!handler) return errorResult(`The plugin has no function "${tool}".`);
    let returned: unknown;
    try {
      returned = await handler(args, this.#configOf(), new More(call));
    } catch (error) {
      this.#context.log.debug(`${tool} threw: ${toError(error).stack}`);
      const missing = this.#context.explain(error, tool);
      if (missing) throw missing;
      return errorResult(thrownText(error) || 'The function failed without a message.');
    }
    return toResult(returned);
  }

  request(method: string, params: JsonObject): Promise<JsonValue> {
    return this.#triggers.request(method, params);
  }

  async close(): Promise<void> {
    await this.#triggers.close();
    if (this.#started || this.#lifecycle('start') === undefined) await this.#lifecycle('stop')?.();
  }

  #lifecycle(name: 'start' | 'stop'): Callable | undefined {
    // In the documented dialect, functions are named exports, so a declared function is not a lifecycle hook.
    if (this.#dialect !== 'source' && this.#params.functions.includes(name)) return undefined;
    const found = this.#exports[name];
    return typeof found === 'function' ? (found as Callable) : undefined;
  }

  // A new copy for every call. `{ config, dataDir }` is the documented form, the flat record is what hosts really passed. The
  // documented dialect gets both; the other finds the documented names as non-enumerable properties.
  #configOf(): Exports {
    const { record, dataDir } = this.#params;
    if (this.#dialect !== 'source') return { ...record, config: { ...record }, dataDir };
    const config: Exports = { ...record };
    if (!('config' in record)) Object.defineProperty(config, 'config', { value: { ...record }, writable: true, configurable: true });
    if (!('dataDir' in record)) Object.defineProperty(config, 'dataDir', { value: dataDir, writable: true, configurable: true });
    return config;
  }
}

// CommonJS exports arrive as one default export.
function findExports(loaded: Exports, functions: readonly string[]): Exports {
  const known = ['handlers', 'init', 'triggers', 'start', 'stop', ...functions];
  const inner = loaded.default;
  if (known.some((name) => name in loaded) || typeof inner !== 'object' || inner === null) return loaded;
  return inner as Exports;
}

function ownFunctions(from: Exports, names: readonly string[]): Map<string, Callable> {
  const found = names.filter((name) => Object.hasOwn(from, name) && typeof from[name] === 'function');
  return new Map(found.map((name) => [name, from[name] as Callable]));
}

async function callIfFunction(fn: unknown, ...args: unknown[]): Promise<void> {
  if (typeof fn === 'function') await fn(...args);
}

function createLogger({ log }: RuntimeContext): Record<string, (...parts: unknown[]) => void> {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (...parts: unknown[]) =>
      log[level](parts.map(show).join(' '));
  return {
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    debug: at('debug'),
    verbose: at('debug'),
  };
}

function show(part: unknown): string {
  if (typeof part === 'string') return part;
  if (part instanceof Error) return part.stack ?? part.message;
  try {
    return JSON.stringify(part) ?? String(part);
  } catch {
    return String(part);
  }
}

function services({ shared, log }: RuntimeContext): Exports {
  const map = (shared.get(SERVICES) ?? new Map()) as Map<string, unknown>;
  shared.set(SERVICES, map);
  return {
    getService: (name: string) => map.get(name),
    registerService(name: string, instance: unknown) {
      if (map.has(name)) log.warn(`the service "${name}" is registered again and replaced`);
      map.set(name, instance);
    },
  };
}
