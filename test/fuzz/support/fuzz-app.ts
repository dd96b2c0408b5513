import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createApp } from '../../../dist/src/app.js';
import { loadConfig } from '../../../dist/src/config/load.js';
import type { Adapter } from '../../../dist/src/core/contract/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import type { HostLimits } from '../../../dist/src/core/contract/host.js';
import type { MemberSpec } from '../../../dist/src/core/contract/member.js';
import { silentLog } from '../../../dist/src/core/log.js';
import { createRedactor } from '../../../dist/src/core/secrets/redact.js';
import { Call } from '../../../dist/src/gateway/call/call.js';
import { Group } from '../../../dist/src/host/group/group.js';
import type { PluginWorker, WorkerEvents } from '../../../dist/src/host/group/worker.js';
import { tempFolder } from '../../support/temp.ts';
import { openFakeProcess, type Script } from './fake-process.ts';
import type { Answer, Oracle } from './oracle.ts';
import { oracleClient } from './oracle-client.ts';

/** The limits of every fuzzed gateway: crashed plugins restart at once, any number of times. */
export const LIMITS = {
  restartMinMs: 1,
  restartMaxMs: 1,
  circuitFailures: 1000,
  callTimeoutMs: 5_000,
  stopGraceMs: 200,
  pluginStopMs: 200,
};

/** A profile in which no other plugin takes part in the canary's calls. */
export const CANARY_ALONE = { profiles: { calm: { plugins: ['canary'] } } };

/** The same adapter, with its plugins in simulated processes. */
export function inPipes(adapter: Adapter, script: (spec: MemberSpec) => Script): Adapter {
  return inHomes(adapter, (spec, limits, events) => openFakeProcess(script(spec), limits, events));
}

/** The same adapter, with each plugin in a worker of the test. */
export function inHomes(adapter: Adapter, open: (spec: MemberSpec, limits: HostLimits, events: WorkerEvents) => PluginWorker): Adapter {
  return {
    ...adapter,
    open: (manifest, host) =>
      adapter.open(manifest, {
        ...host,
        join: (spec) => new Group(host.limits, silentLog, (_, events) => open(spec, host.limits, events)).join(spec),
      }),
  };
}

/** A gateway in this process, with a client that supports everything a call can request. */
export async function openFuzzApp(adapters: readonly Adapter[], config: object, files: Readonly<Record<string, string>>, oracle: Oracle) {
  const dir = tempFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const file = join(dir, 'mcp.json');
  writeFileSync(file, JSON.stringify({ ...config, limits: LIMITS }));
  const app = await createApp({ config: loadConfig(file, adapters, process.env), adapters, redactor: createRedactor(), log: silentLog });
  onTestFinished(() => app.close());
  await app.registry.start();
  const call = async (name: string, profile = 'default'): Promise<Answer> => {
    try {
      const caller = { ...localCaller(), profile };
      const outcome = await app.gateway.call(name, {}, new Call(caller, oracleClient(oracle)), '"principal":"fuzz"');
      return outcome.result as Answer;
    } catch (error) {
      return {
        isError: true,
        meta: { 'plugmux/error': (error as { toObject?: () => object }).toObject?.() ?? { message: String(error) } },
      };
    }
  };
  return { app, dir, call };
}
