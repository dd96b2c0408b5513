import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createStopping } from '../core/abort/stopping.ts';
import type { Host, HostLimits } from '../core/contract/host.ts';
import type { MemberSpec } from '../core/contract/member.ts';
import type { PluginStore } from '../core/contract/plugin-store.ts';
import type { Program } from '../core/contract/process.ts';
import { GatewayError } from '../core/errors.ts';
import { fileFault } from '../core/file-fault.ts';
import type { Logger } from '../core/log.ts';
import type { ProxySetting } from '../core/proxy.ts';
import { Group } from './group/group.ts';
import { startInProcessWorker } from './group/in-process-worker.ts';
import type { StartWorker } from './group/worker.ts';
import { networkVariables } from './network/proxy.ts';
import { createOrphanReaper } from './process/orphan-reaper.ts';
import { startProgram } from './process/program.ts';
import { runTool } from './process/tool.ts';
import { createRuns } from './runs.ts';

/** Owns all plugin processes. */
export interface PluginHost extends Host {
  /** Ends every process. */
  close(): Promise<void>;
  /** Kills every process at once. */
  kill(): void;
}

/** Creates a host that stores plugin data below `state`; `keep` returns the store of a plugin. */
export function createHost(
  state: string,
  limits: HostLimits,
  keep: (pluginId: string) => PluginStore,
  log: Logger,
  hide: (secret: string) => void,
  proxy: () => ProxySetting = () => undefined,
): PluginHost {
  const groups = new Map<string, Group>();
  const programs = new Set<Program>();
  const reaper = createOrphanReaper();
  const stopping = createStopping();
  const runs = createRuns();

  const run: Host['run'] = (spec) =>
    runTool({ ...spec, env: { ...networkVariables({ top: proxy() }, spec.env), ...spec.env } }, limits, reaper, log);

  const served = new Set<string>();
  const startProcess =
    (name: string): StartWorker =>
    async (members, events, signal) => {
      const area = log.area(`group:${name}`);
      const [first] = members;
      // Inherits from `limits`, so that the other limits follow a reload of the configuration.
      const own: HostLimits = Object.create(limits, { pluginStopMs: { get: () => longestStop(members, limits) } });
      // A gateway whose plugins run inside it, or from memory, starts faster without this code.
      if (first?.runtime.kind === 'program') {
        const { openProgram } = await import('./group/program-worker.ts');
        return openProgram(first, first.runtime, { limits: own, reaper }, events);
      }
      const { startProcessWorker } = await import('./group/process-worker.ts');
      const { cwd, env } = shareSettings(members, area);
      const runtime = members[0]?.runtime;
      const making = { folder: join(state, 'envs'), owner: name, served, run, log: area, signal };
      const exactNumbers = runtime?.kind === 'python';
      const launch =
        runtime?.kind === 'python'
          ? await (await import('./python/launch.ts')).preparePython(runtime, making)
          : (await import('./node/launch.ts')).nodeLaunch();
      // What a shared process prints cannot be assigned to one of its plugins.
      const output = first && members.length === 1 ? first.log : area;
      return startProcessWorker({ ...launch, cwd, env: { ...launch.env, ...env }, exactNumbers }, own, output, reaper, events);
    };

  const openProcess =
    (group: string): StartWorker =>
    async (members, events, signal) => {
      const worker = await startProcess(group)(members, events, signal);
      const isolation = members[0]?.runtime.kind === 'program' ? 'program' : 'process';
      const ids = members.map(({ id }) => id);
      runs.started(ids, { pid: () => worker.pid, isolation, group, exited: worker.exited });
      return worker;
    };

  return {
    log,
    limits,
    stopping,
    get proxy() {
      return proxy();
    },
    cacheDir: join(state, 'cache'),
    store: keep,
    hide,
    dataDir(pluginId) {
      // An id is untrusted: it must not name anything outside its folder.
      const dir = join(
        state,
        'data',
        pluginId.replace(/[^A-Za-z0-9_-]/g, (c) => `%${c.codePointAt(0)?.toString(16)}`),
      );
      try {
        mkdirSync(dir, { recursive: true, mode: 0o700 });
      } catch (error) {
        throw new GatewayError('CONFIG_INVALID', `The data folder "${dir}" of the plugin cannot be created: ${fileFault(error)}.`, {
          fix: 'Make the state folder writable, or set another one under "state" in mcp.json.',
          cause: error,
        });
      }
      return dir;
    },
    join(spec) {
      const inside = spec.isolation === 'none' && spec.runtime.kind === 'node';
      const key = `${inside ? 'none' : 'process'} ${placeOf(spec.runtime)} ${spec.group}`;
      let group = groups.get(key);
      if (!group || group.empty) {
        const open: StartWorker = inside ? (_, events) => startInProcessWorker(limits, events) : openProcess(spec.group);
        group = new Group(limits, log.area(`group:${spec.group}`), open, stopping);
        groups.set(key, group);
      }
      const joined = group;
      runs.joined(spec.id, () => joined.nextTryOf(spec.id));
      return joined.join(spec);
    },
    spawn(spec) {
      const program = startProgram(spec, limits, reaper);
      programs.add(program);
      const { plugin } = spec;
      if (plugin !== undefined && program.pid !== undefined)
        runs.started([plugin], { pid: () => program.pid, isolation: 'program', exited: program.exited });
      void program.exited.then(() => programs.delete(program));
      return program;
    },
    run,
    runOf: runs.of,
    async close() {
      await Promise.all([...programs].map((program) => program.stop()));
      await Promise.all([...groups.values()].reverse().map((group) => group.close()));
      reaper.close();
    },
    kill: reaper.killAll,
  };
}

// A process has one interpreter with one set of packages.
function placeOf(runtime: MemberSpec['runtime']): string {
  return runtime.kind === 'python' ? JSON.stringify([runtime.kind, runtime.python, runtime.packages]) : runtime.kind;
}

// Members stop one after the other, with one deadline for all.
function longestStop(members: readonly MemberSpec[], { pluginStopMs }: HostLimits): number {
  return Math.max(...members.map((member) => member.stopTimeoutMs ?? pluginStopMs));
}

// A process has one working folder and one environment, so differing settings of members are logged.
function shareSettings(members: readonly MemberSpec[], log: Logger): { cwd: string; env: Record<string, string> } {
  const env: Record<string, string> = {};
  const cwd = members[0]?.cwd ?? process.cwd();
  for (const member of members) {
    if (member.cwd !== cwd)
      log.warn(`Plugin "${member.id}" needs working folder "${member.cwd}", but its group runs in "${cwd}". Give it a separate "group".`);
    for (const [key, value] of Object.entries(member.env)) {
      if (env[key] !== undefined && env[key] !== value) {
        log.warn(`Plugin "${member.id}" and another plugin of its group set ${key} differently. Give it a separate "group".`);
      }
      env[key] = value;
    }
  }
  return { cwd, env };
}
