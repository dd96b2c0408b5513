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
/** Messages of each peer before the batch. */
const WARM_UP = 100;
/** How many of 100 messages go into a phase. */
const SHARES: Readonly<Record<Phase, number>> = { during: 60, call: 20, prompt: 5, resource: 5, completion: 4, list: 5, start: 1 };
/** How many messages of a phase are sent in the course of one request; a request has only one reply, and there are four lists. */
const AT_ONCE: Partial<Record<Phase, number>> = { during: 10, list: 4 };
const ASKED: readonly Phase[] = ['during', 'call', 'prompt', 'resource', 'completion'];
const PHASES = Object.keys(TEMPLATES) as Phase[];
/** A machine that is busy takes seconds for a connection, and a peer may refuse several in a row. */
const BACK_MS = 60_000;
/** What was asked for and did not come within this time is asked for again. */
const AGAIN_MS = 3_000;
const LISTED = {
  tools: ListToolsResultSchema,
  prompts: ListPromptsResultSchema,
  resources: ListResourcesResultSchema,
  resourceTemplates: ListResourceTemplatesResultSchema,
};

/** Sends generated messages through upstream servers of one kind; each kind has a file of its own, so that two of them run at a time. */
export function fuzzUpstream(kind: Kind): void {
  it(`${MESSAGES} messages of upstream servers over ${kind} harm nobody`, async () => {
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

/** The messages of a phase, as many at a time as are sent at a time. Made as they are sent: thousands at once would hold up this process. */
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

/** Sends lines in the course of a request. */
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

/** Sends lines as lists; the lists after them are as they should be. */
async function listAgain(app: UpstreamApp, oracle: Oracle, peer: UpstreamPeer, lines: readonly string[]): Promise<void> {
  load(oracle, peer, 'list', lines);
  await untilSent(oracle, peer, 'list', () => announce(app, peer));
  checkLists(app, oracle);
}

/** Sends a line in the place of the handshake. */
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

// The gateway asks again only if the peer says so.
async function announce(app: UpstreamApp, peer: UpstreamPeer): Promise<void> {
  peer.announce();
  await app.poke(peer.id);
}

// A peer without a standing connection breaks off with the next request that it gets.
async function breakOff(app: UpstreamApp, peer: UpstreamPeer): Promise<void> {
  peer.breakOff();
  await app.poke(peer.id);
}

/** Has it start again and list what it should, and waits until it can be called. */
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

/** What clients get must be what they take, whatever a server listed. */
function checkLists(app: UpstreamApp, oracle: Oracle): void {
  for (const [key, list] of Object.entries(app.lists())) {
    const { success, error } = LISTED[key as keyof typeof LISTED].safeParse(list);
    if (!success)
      oracle.fail('O4', `clients refuse the list of ${key}: ${error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)}`);
    if (JSON.stringify(list).includes('"plugmux/forged":')) oracle.fail('O4', `a forged key in ${key}`);
  }
}
