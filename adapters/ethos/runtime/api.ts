import type { Logger } from '../../../src/core/log.ts';
import type { PluginEventBus } from '../sdk/plugin-sdk.ts';
import type { Secrets } from './capabilities/secrets.ts';
import type { EthosCommand, EthosFilter, EthosHandler, EthosHealthCheck, EthosInjector, EthosMonitor, EthosTool } from './format.ts';
import type { Monitors, Notice } from './hooks/monitors.ts';
import { type EthosParams, withData } from './process-params.ts';
import type { Registrations } from './registrations.ts';

/** Arguments of `createApi`. */
export interface ApiParts {
  readonly params: EthosParams;
  readonly registrations: Registrations;
  readonly secrets: Secrets;
  readonly monitors: Monitors;
  readonly bus: PluginEventBus;
  readonly log: Logger;
  readonly notify: (notice: Notice) => Promise<void>;
  /** Called after a registration. */
  readonly changed: () => void;
  /** Registers a function to call when the plugin closes. */
  readonly atEnd: (end: () => void) => void;
}

const MAX_METRICS = 100;

/** Accepted members without an effect; each call is reported by its first string argument. */
const RECORDED = [
  'registerDataSource',
  'registerRoute',
  'registerContextEngine',
  'registerLLMProvider',
  'registerMemoryProvider',
  'registerStorage',
  'registerExecutionBackend',
  'registerPlatformAdapter',
  'registerSttProvider',
  'registerTtsProvider',
  'registerEvaluator',
  'registerOAuth',
  'registerOAuthProfile',
  'registerCustomOAuthFlow',
  'registerPluginPage',
  'registerRenderer',
  'registerCliSubcommand',
  'registerDocumentExtractor',
];

/** The `api` object that `activate` receives. Calls of unknown members are recorded and do nothing; they never throw. */
export function createApi(parts: ApiParts): object {
  const { registrations, params } = parts;
  const record =
    (member: string) =>
    (...args: unknown[]): (() => undefined) => {
      const name = nameOf(args);
      registrations.unsupported.add(name === undefined ? member : `${member}: ${name}`);
      parts.changed();
      return () => undefined;
    };
  const api: Record<string, unknown> = {
    pluginId: params.pluginId,
    dataDir: params.dataDir,
    getBaseUrl: () => params.baseUrl,
    ...registering(parts),
    ...commands(parts),
    ...background(parts),
    hasSecret: (key: string) => parts.secrets.has(key),
    getSecret: (key: string) => parts.secrets.get(key),
    setSecret: (key: string, value: string) => parts.secrets.set(key, value),
    onCredentialUpdate: (listener: (key: string) => unknown) => parts.secrets.onUpdate(listener),
    emit: (event: string, payload: unknown) => parts.bus.emit(event, payload),
    on(event: string, handler: (payload: unknown) => void) {
      const off = parts.bus.on(event, handler);
      parts.atEnd(off);
      return off;
    },
    diagnostics: diagnostics(parts),
    ...Object.fromEntries(RECORDED.map((member) => [member, record(member)])),
  };
  return new Proxy(api, {
    get: (target, member) => {
      if (typeof member === 'symbol') return undefined;
      if (Object.hasOwn(target, member)) return target[member];
      // `await api` must not treat it as a promise.
      return member === 'then' ? undefined : record(member);
    },
  });
}

function registering({ registrations: r, changed, log }: ApiParts): Record<string, unknown> {
  return {
    registerTool(tool: EthosTool) {
      if (typeof tool?.name !== 'string' || typeof tool.execute !== 'function') {
        throw new Error('registerTool() needs a tool with a name and an execute function.');
      }
      if (r.tools.has(tool.name)) log.warn(`the tool "${tool.name}" is registered again and replaced`);
      r.tools.set(tool.name, tool);
      changed();
    },
    registerToolFilter(filter: EthosFilter) {
      r.filters.push(filter);
      changed();
    },
    registerVoidHook(name: string, handler: EthosHandler) {
      r.addHook(r.voidHooks, name, handler);
      changed();
    },
    registerModifyingHook(name: string, handler: EthosHandler) {
      r.addHook(r.modifyingHooks, name, handler);
      changed();
    },
    registerInjector(injector: EthosInjector) {
      r.injectors.push(injector);
      changed();
    },
    registerPersonality(personality: { id?: unknown }) {
      if (typeof personality?.id !== 'string' || personality.id === '') throw new Error('registerPersonality() needs an id.');
      r.personalities.set(personality.id, personality);
      changed();
    },
    registerHealthCheck(check: EthosHealthCheck) {
      r.healthChecks.push(check);
      changed();
    },
  };
}

function commands({ registrations, changed }: ApiParts): Record<string, unknown> {
  const add = (kind: 'prompt' | 'run' | 'slash', command: EthosCommand): void => {
    if (typeof command?.name !== 'string' || command.name === '') throw new Error('A command needs a name.');
    registrations.commands.set(command.name.replace(/^\//, '').toLowerCase(), { kind, command });
    changed();
  };
  return {
    registerCommand(command: EthosCommand) {
      const kinds = [typeof command?.prompt === 'string', typeof command?.run === 'function'];
      if (kinds[0] === kinds[1]) throw new Error(`The command "${command?.name}" needs exactly one of "prompt" and "run".`);
      add(kinds[0] ? 'prompt' : 'run', command);
    },
    registerSlashCommand: (command: EthosCommand) => add('slash', command),
  };
}

function background({ registrations, monitors, notify, changed }: ApiParts): Record<string, unknown> {
  return {
    registerMonitor(monitor: EthosMonitor) {
      registrations.monitors.set(monitor.name, monitor);
      changed();
    },
    startMonitor: (name: string, params: object = {}) => monitors.start(name, params),
    stopMonitor: (name: string) => monitors.stop(name),
    notify: (notice: Notice) => notify(notice),
  };
}

function diagnostics({ log, registrations }: ApiParts): Record<string, unknown> {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: unknown, data?: unknown) => log[level](withData(message, data));
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    metric(name: unknown, value: unknown, labels?: object) {
      log.debug(withData(`metric ${name} = ${value}`, labels));
      const { metrics } = registrations;
      if (typeof value === 'number' && (metrics.size < MAX_METRICS || metrics.has(withData(name, labels))))
        metrics.set(withData(name, labels), value);
    },
  };
}

function nameOf([first]: readonly unknown[]): string | undefined {
  if (typeof first === 'string') return first;
  const { name, path, id, type } = (typeof first === 'object' && first !== null ? first : {}) as Record<string, unknown>;
  const found = [name, path, id, type].find((value) => typeof value === 'string');
  return found as string | undefined;
}
