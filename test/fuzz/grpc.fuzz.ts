import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { squadron } from '../../dist/adapters/squadron/adapter.js';
import { createLogReader } from '../../dist/adapters/squadron/go-plugin/log-lines.js';
import { openSession } from '../../dist/adapters/squadron/go-plugin/session.js';
import { createTracebacks } from '../../dist/adapters/squadron/go-plugin/tracebacks.js';
import { installFolder } from '../../dist/adapters/squadron/install/home.js';
import type { HostLimits } from '../../dist/src/core/contract/host.js';
import type { ProgramSession } from '../../dist/src/core/contract/program-runtime.js';
import { silentLog } from '../../dist/src/core/log.js';
import type { PluginWorker } from '../../dist/src/host/group/worker.js';
import { createOutput } from '../../dist/src/host/process/output.js';
import { tempFolder } from '../support/temp.ts';
import { batch } from './support/channel-peer.ts';
import { inHomes, openFuzzApp } from './support/fuzz-app.ts';
import { GrpcPeer } from './support/grpc-peer.ts';
import { MESSAGES } from './support/messages.ts';
import { Oracle } from './support/oracle.ts';

const EACH = 5;
const CANARY = 'canary';

/** The worker of a program that is this process: the real connection and session over a socket. */
function openGrpcHome(peer: GrpcPeer, limits: HostLimits): PluginWorker {
  let end: (why: string) => void = () => undefined;
  const exited = new Promise<string>((resolve) => {
    end = resolve;
  });
  peer.startAgain = () => end('it was asked to end');
  const readLog = createLogReader();
  const tracebacks = createTracebacks();
  const output = createOutput(silentLog, limits, (text, stream) => {
    if (stream === 'stdout') return undefined;
    tracebacks.line(text);
    return readLog(text);
  });
  let session: ProgramSession | undefined;
  const opened = (): ProgramSession => session as ProgramSession;
  void exited.then(() => session?.close());
  return {
    single: true,
    exited,
    handshake: async () => undefined,
    async load() {
      const { resultBytes, unresponsiveMs: silentMs } = limits;
      const program = {
        command: '',
        args: [],
        settings: {},
        fixed: false,
        tls: 'off' as const,
        startMs: 5_000,
        silentMs,
        largestBytes: resultBytes,
      };
      const running = { exited, tail: () => [], feed: output.feed, kill: (_: unknown, why: string) => end(why) };
      session = await openSession({
        target: `unix:${peer.path}`,
        channel: undefined,
        program,
        running,
        tracebacks,
        stage: () => undefined,
      });
      return session.report;
    },
    initialize: async () => opened().report,
    call: (_, tool, args, ctx) => opened().call(tool, args, ctx),
    request: async () => null,
    unavailableReason: () => (session ? undefined : 'it is not connected'),
    inFlight: () => [],
    async stop() {
      end('it was stopped');
    },
  };
}

it(`${MESSAGES} answers of gRPC programs harm their senders alone`, async () => {
  const oracle = new Oracle([]);
  const dir = tempFolder();
  const peers = new Map<string, GrpcPeer>();
  for (const id of [CANARY, ...Array.from({ length: EACH }, (_, i) => `peer${i}`)]) {
    peers.set(id, new GrpcPeer(id, join(dir, id), id !== CANARY));
    const folder = installFolder(process.env.SQUADRON_HOME as string, id, 'local');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'runner.json'), JSON.stringify({ kind: 'go', entry: process.execPath, args: [] }));
  }
  onTestFinished(() => {
    for (const peer of peers.values()) peer.close();
  });
  const plugins = Object.fromEntries([...peers.keys()].map((id) => [id, { format: 'squadron', version: 'local', approval: 'allow' }]));
  const adapter = inHomes(squadron, (spec, limits) => openGrpcHome(peers.get(spec.id) as GrpcPeer, limits));
  const app = await openFuzzApp([adapter], { plugins }, {}, oracle);
  const toolOf = (id: string): string => `plugins_${id}_run`;
  oracle.sing(() => app.call(toolOf(CANARY)));
  const odd = [...peers.values()].filter((peer) => peer.id !== CANARY);
  await batch({ peers: odd, toolOf, messages: MESSAGES, app, oracle });
  process.stdout.write(`gRPC: ${await oracle.read()}\n`);
  expect(oracle.codes.size).toBeGreaterThan(1);
});
