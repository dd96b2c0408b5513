import { setTimeout as sleep } from 'node:timers/promises';
import {
  ListPromptsResultSchema,
  ListResourcesResultSchema,
  ListResourceTemplatesResultSchema,
  ListToolsResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import { MESSAGES, mutated, SEED } from './messages.ts';
import { Oracle } from './oracle.ts';
import { openUpstreamApp, type UpstreamApp } from './upstream-app.ts';
import { type Phase, TEMPLATES } from './upstream-messages.ts';
import { type Kind, UpstreamPeer } from './upstream-peer.mjs';

const PEERS = 16;
/** Number of messages of each peer before the batch. */
const WARM_UP = 100;
/** How many of 100 messages belong to a phase. */
const SHARES: Readonly<Record<Phase, number>> = { during: 60, call: 20, prompt: 5, resource: 5, completion: 4, list: 5, start: 1 };
/** How many messages of a phase are sent during one request; a request has only one reply, and there are four lists. */
const AT_ONCE: Partial<Record<Phase, number>> = { during: 10, list: 4 };
const ASKED: readonly Phase[] = ['during', 'call', 'prompt', 'resource', 'completion'];
const PHASES = Object.keys(TEMPLATES) as Phase[];
/** A busy machine takes seconds for a connection, and a peer may reject several in a row. */
const BACK_MS = 60_000;
/** A request without a reply is repeated after this time. */
const AGAIN_MS = 3_000;
const LISTED = {
  tools: ListToolsResultSchema,
  prompts: ListPromptsResultSchema,
  resources: ListResourcesResultSchema,
  resourceTemplates: ListResourceTemplatesResultSchema,
};

/** Sends generated messages through upstream servers of one kind. Each kind has its own file, so that two of them run at a time. */
export function fuzzUpstream(kind: Kind): void {
  it(`${MESSAGES} messages of upstream servers over ${kind} harm only their senders`, async () => {
    const oracle = new Oracle(['"plugmux/forged":', 'node:internal', 'ZodError', '"path":', 'invalid_type']);
    const peers = Array.from({ length: PEERS }, (_, i) => new UpstreamPeer(`peer${i}`, kind !== 'sse' && i % 2 === 1));
    const canary = new UpstreamPeer('canary', false);
    const app = await openUpstreamApp(kind, [...peers, canary], oracle);
    while (!app.serves('canary')) await sleep(20);
    oracle.sing(() => app.ask('call', 'canary'));
    const share = Math.ceil(MESSAGES / PEERS);
    await Promise.all(peers.map((peer, i) => run(app, oracle, peer, Math.min(WARM_UP, share), SEED + 1 + i)));
    oracle.rest();
    await Promise.all(peers.map((peer, i) => run(app, oracle, peer, share, SEED + i * 1_000_003)));
    process.stdout.write(`upstream ${kind}: ${await oracle.read()}\n`);
    expect(oracle.codes.size).toBeGreaterThan(3);
  });
}

async function run(app: UpstreamApp, oracle: Oracle, peer: UpstreamPeer, messages: number, seed: number): Promise<void> {
  for (const phase of ASKED) for (const lines of portions(phase, messages, seed)) await ask(app, oracle, peer, phase, lines);
  for (const lines of portions('list', messages, seed)) await listAgain(app, oracle, peer, lines);
  await untilServed(app, oracle, peer);
  for (const lines of portions('start', messages, seed)) {
    if (app.startsAgain(peer)) await startAgain(app, oracle, peer, lines);
    else for (const line of lines) await ask(app, oracle, peer, 'call', [line]);
  }
  await untilServed(app, oracle, peer);
}

/** The messages of a phase, in groups as they are sent. Created lazily: thousands at once would block this process. */
function* portions(phase: Phase, messages: number, seed: number): Generator<string[]> {
  let some: string[] = [];
  for (const line of mutated(TEMPLATES[phase], Math.ceil((messages * SHARES[phase]) / 100), seed + PHASES.indexOf(phase))) {
    if (some.push(line) < (AT_ONCE[phase] ?? 1)) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

function load(oracle: Oracle, peer: UpstreamPeer, phase: Phase, lines: readonly string[]): void {
  oracle.last.set(peer.id, `${peer.id} ${phase} ${lines.join('\n    ')}`);
  peer.load(phase, lines);
}

/** Sends lines during a request. */
async function ask(app: UpstreamApp, oracle: Oracle, peer: UpstreamPeer, phase: Phase, lines: readonly string[]): Promise<void> {
  load(oracle, peer, phase, lines);
  const until = performance.now() + BACK_MS;
  for (;;) {
    const result = await oracle.owe(`a ${phase} of ${peer.id}`, app.ask(phase, peer.id));
    if (result) oracle.inspect(result);
    if (peer.waiting(phase) === 0 || oracle.isBroken) return;
    if (performance.now() > until) return oracle.fail('O5', `${peer.id} did not come back: ${JSON.stringify(result)}`);
    await sleep(20);
  }
}

/** Sends lines as lists; the following lists are valid. */
async function listAgain(app: UpstreamApp, oracle: Oracle, peer: UpstreamPeer, lines: readonly string[]): Promise<void> {
  load(oracle, peer, 'list', lines);
  await untilSent(oracle, peer, 'list', () => announce(app, peer));
  checkLists(app, oracle);
}

/** Sends a line instead of the handshake. */
async function startAgain(app: UpstreamApp, oracle: Oracle, peer: UpstreamPeer, lines: readonly string[]): Promise<void> {
  load(oracle, peer, 'start', lines);
  await untilSent(oracle, peer, 'start', () => breakOff(app, peer));
}

async function untilSent(oracle: Oracle, peer: UpstreamPeer, phase: Phase, again: () => Promise<unknown>): Promise<void> {
  const until = performance.now() + BACK_MS;
  while (peer.waiting(phase) > 0 && !oracle.isBroken) {
    if (performance.now() > until) return oracle.fail('O5', `${peer.id} was not asked for its ${phase} again`);
    await oracle.owe(`a call of ${peer.id}`, again());
    for (let waited = 0; waited < AGAIN_MS && peer.waiting(phase) > 0; waited += 20) await sleep(20);
  }
}

// The gateway requests again only if the peer reports a change.
async function announce(app: UpstreamApp, peer: UpstreamPeer): Promise<void> {
  peer.announce();
  await app.poke(peer.id);
}

// A peer without an open connection disconnects with its next request.
async function breakOff(app: UpstreamApp, peer: UpstreamPeer): Promise<void> {
  peer.breakOff();
  await app.poke(peer.id);
}

/** Makes it restart and list its tool, and waits until the tool can be called. */
async function untilServed(app: UpstreamApp, oracle: Oracle, peer: UpstreamPeer): Promise<void> {
  for (const phase of PHASES) peer.load(phase, []);
  const until = performance.now() + BACK_MS;
  while (performance.now() < until && !oracle.isBroken) {
    await (app.startsAgain(peer) ? breakOff(app, peer) : announce(app, peer));
    for (let waited = 0; waited < AGAIN_MS; waited += 20) {
      const result = await oracle.owe(`a call of ${peer.id}`, app.ask('call', peer.id));
      if (app.serves(peer.id) && result && oracle.inspect(result) === undefined) return;
      await sleep(20);
    }
  }
  if (!oracle.isBroken) oracle.fail('O5', `${peer.id} is not served any more`);
}

/** Lists for clients must be valid, regardless of what a server lists. */
function checkLists(app: UpstreamApp, oracle: Oracle): void {
  for (const [key, list] of Object.entries(app.lists())) {
    const { success, error } = LISTED[key as keyof typeof LISTED].safeParse(list);
    if (!success)
      oracle.fail('O4', `clients reject the list of ${key}: ${error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)}`);
    if (JSON.stringify(list).includes('"plugmux/forged":')) oracle.fail('O4', `a forged key in ${key}`);
  }
}
