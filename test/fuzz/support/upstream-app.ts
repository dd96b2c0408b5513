import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import { createApp } from '../../../dist/src/app.js';
import { loadConfig } from '../../../dist/src/config/load.js';
import type { Adapter } from '../../../dist/src/core/contract/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import type { Plugin } from '../../../dist/src/core/contract/plugin.js';
import type { Program } from '../../../dist/src/core/contract/process.js';
import { GatewayError } from '../../../dist/src/core/errors.js';
import { silentLog } from '../../../dist/src/core/log.js';
import { createRedactor } from '../../../dist/src/core/secrets/redact.js';
import { Call } from '../../../dist/src/gateway/call/call.js';
import { createLists } from '../../../dist/src/mcp/methods/lists.js';
import { tempFolder } from '../../support/temp.ts';
import type { Answer, Oracle } from './oracle.ts';
import { oracleClient } from './oracle-client.ts';
import type { Phase } from './upstream-messages.ts';
import { type Kind, serveAt, serveLines, type UpstreamPeer } from './upstream-peer.mjs';

const LIMITS = {
  restartMinMs: 1,
  restartMaxMs: 1,
  circuitFailures: 1000,
  callTimeoutMs: 5_000,
  startTimeoutMs: 1_500,
  startCapMs: 1_500,
  queueMs: 3_000,
};

/** A gateway in this process whose upstream servers are simulated ones of one kind. */
export interface UpstreamApp {
  /** Sends a request of a phase to a peer. */
  ask(phase: Phase, id: string): Promise<Answer>;
  /** Calls the tool that a peer listed first, even if it is no longer listed. */
  poke(id: string): Promise<void>;
  /** The lists that clients get. */
  lists(): Record<string, { readonly [key: string]: unknown }>;
  /** Whether a peer can make the gateway reconnect: without an open connection and a session there is nothing to end. */
  startsAgain(peer: UpstreamPeer): boolean;
  /** Whether a peer's tool is available. */
  serves(id: string): boolean;
}

export async function openUpstreamApp(kind: Kind, peers: readonly UpstreamPeer[], oracle: Oracle): Promise<UpstreamApp> {
  const dir = tempFolder();
  const byId = new Map(peers.map((peer) => [peer.id, peer]));
  const entries = await Promise.all(
    peers.map(async (peer) => {
      const era = peer.modern ? {} : { era: 'legacy' };
      const entry = kind === 'stdio' ? { command: peer.id } : { url: await addressOf(peer, kind), type: kind };
      return [peer.id, { ...entry, ...era, approval: 'allow' }] as const;
    }),
  );
  const plugins = new Map<string, Plugin>();
  const inPipes: Adapter = {
    ...mcp,
    async open(manifest, host) {
      const plugin = await mcp.open(manifest, { ...host, spawn: ({ command }) => asProgram(byId.get(command) as UpstreamPeer) });
      plugins.set(manifest.id, plugin);
      return plugin;
    },
  };
  const file = join(dir, 'mcp.json');
  writeFileSync(file, JSON.stringify({ mcpServers: Object.fromEntries(entries), limits: LIMITS }));
  const app = await createApp({
    config: loadConfig(file, [inPipes], process.env),
    adapters: [inPipes],
    redactor: createRedactor(),
    log: silentLog,
  });
  onTestFinished(() => app.close());
  await app.registry.start();
  while ([...plugins.values()].some((plugin) => plugin.offer() === undefined)) await sleep(20);
  const first = new Map([...plugins].map(([id, plugin]) => [id, plugin.offer()?.tools[0]]));
  const caller = localCaller();
  const view = () => app.gateway.view(caller);
  type Named = { readonly plugin: { readonly id: string } } | { readonly entry: { readonly plugin: { readonly id: string } } };
  const nameOf = (entries: ReadonlyMap<string, Named>, id: string, part: string): string =>
    [...entries].find(([name, found]) => ('entry' in found ? found.entry : found).plugin.id === id && name.includes(part))?.[0] ??
    'nothing';

  const ask = async (phase: Phase, id: string): Promise<unknown> => {
    const call = new Call(caller, oracleClient(oracle));
    switch (phase) {
      case 'prompt':
        return app.gateway.getPrompt(nameOf(view().prompts, id, 'say'), {}, call);
      case 'resource':
        return app.gateway.readResource(nameOf(view().resources, id, 'one'), call);
      case 'completion':
        return view()
          .prompts.get(nameOf(view().prompts, id, 'say'))
          ?.prompt.complete?.('a', '', {});
      default:
        return (await app.gateway.call(nameOf(view().tools, id, 'run'), {}, call, '"principal":"fuzz"')).result;
    }
  };
  return {
    async ask(phase, id) {
      try {
        return (await ask(phase, id)) as Answer;
      } catch (thrown) {
        const error = thrown instanceof GatewayError ? thrown.toObject() : { message: String((thrown as Error).stack) };
        return { isError: true, meta: { 'plugmux/error': error } };
      }
    },
    async poke(id) {
      await first
        .get(id)
        ?.call({}, new Call(caller, oracleClient(oracle)))
        .catch(() => undefined);
    },
    lists() {
      const lists = createLists(() => false);
      const kinds = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const;
      return Object.fromEntries(kinds.map((key) => [key, JSON.parse(String(lists.get(view(), key, 'legacy')))]));
    },
    startsAgain: ({ modern }) => kind !== 'http' || !modern,
    serves: (id) => nameOf(view().tools, id, 'run') !== 'nothing',
  };
}

async function addressOf(peer: UpstreamPeer, kind: Exclude<Kind, 'stdio'>): Promise<string> {
  const { url, close } = await serveAt(peer, kind);
  onTestFinished(close);
  return url;
}

/** The peer as a program whose stdin and stdout are a pair of pipes. */
function asProgram(peer: UpstreamPeer): Program {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  let ended: (why: string) => void = () => undefined;
  const gone = new Promise<string>((resolve) => {
    ended = resolve;
  });
  const forget = peer.connected(() => end('it broke off'));
  const end = (why: string): void => {
    forget();
    stdin.destroy();
    stdout.destroy();
    ended(why);
  };
  stdin.on(
    'data',
    serveLines(peer, (text) => {
      if (!stdout.destroyed) stdout.write(text);
    }),
  );
  return { pid: undefined, stdin, stdout, exited: gone, lastLines: () => [], kill: end, stop: async () => end('it was stopped') };
}
