import { setTimeout as sleep } from 'node:timers/promises';
import {
  ListPromptsResultSchema,
  ListResourcesResultSchema,
  ListResourceTemplatesResultSchema,
  ListToolsResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import { mutated, SEED } from './messages.ts';
import { Oracle } from './oracle.ts';
import { openUpstreamHouse, type UpstreamHouse } from './upstream-house.ts';
import { type Phase, TEMPLATES } from './upstream-messages.ts';
import { type Kind, UpstreamPeer } from './upstream-peer.ts';

const MESSAGES = Number(process.env.PLUGMUX_FUZZ_MESSAGES ?? 20_000);
const PEERS = 16;
/** Messages of each peer before the batch. */
const WARM_UP = 50;
/** How many of 100 messages go into a phase. */
const SHARES: Readonly<Record<Phase, number>> = { call: 76, prompt: 6, resource: 6, completion: 6, list: 5, start: 1 };
const ASKED: readonly Phase[] = ['call', 'prompt', 'resource', 'completion'];
const PHASES = Object.keys(TEMPLATES) as Phase[];
const TRIES = 400;
const LISTED = {
  tools: ListToolsResultSchema,
  prompts: ListPromptsResultSchema,
  resources: ListResourcesResultSchema,
  resourceTemplates: ListResourceTemplatesResultSchema,
};

/** Sends generated messages through upstream servers of one kind; each kind has a file of its own, so that two of them run at a time. */
export function fuzzUpstream(kind: Kind): void {
  it(`${MESSAGES} messages of upstream servers over ${kind} harm nobody`, async () => {
    const oracle = new Oracle(['plugmux/forged', 'node:internal', 'ZodError', '"path":', 'invalid_type']);
    const peers = Array.from({ length: PEERS }, (_, i) => new UpstreamPeer(`peer${i}`, kind !== 'sse' && i % 2 === 1));
    const canary = new UpstreamPeer('canary', false);
    const house = await openUpstreamHouse(kind, [...peers, canary], oracle);
    while (!house.serves('canary')) await sleep(20);
    oracle.sing(() => house.ask('call', 'canary'));
    const share = Math.ceil(MESSAGES / PEERS);
    await Promise.all(peers.map((peer, i) => run(house, oracle, peer, Math.min(WARM_UP, share), SEED + 1 + i)));
    oracle.rest();
    await Promise.all(peers.map((peer, i) => run(house, oracle, peer, share, SEED + i * 1_000_003)));
    for (const peer of peers) expect(house.serves(peer.id), `${peer.id} is served after all`).toBe(true);
    process.stdout.write(`upstream ${kind}: ${await oracle.read()}\n`);
    expect(oracle.codes.size).toBeGreaterThan(3);
  });
}

async function run(house: UpstreamHouse, oracle: Oracle, peer: UpstreamPeer, messages: number, seed: number): Promise<void> {
  // Made as they are sent: thousands at once would hold up everything in this process.
  const lines = (phase: Phase): Generator<string> =>
    mutated(TEMPLATES[phase], Math.ceil((messages * SHARES[phase]) / 100), seed + SHARES[phase]);
  for (const phase of ASKED) for (const line of lines(phase)) await ask(house, oracle, peer, phase, line);
  await listAgain(house, oracle, peer, [...lines('list')]);
  await startAgain(house, oracle, peer, [...lines('start')]);
}

async function ask(house: UpstreamHouse, oracle: Oracle, peer: UpstreamPeer, phase: Phase, line?: string): Promise<void> {
  if (line !== undefined) {
    oracle.last.set(peer.id, `${peer.id} ${phase} ${line}`);
    peer.load(phase, [line]);
  }
  for (let tries = 0; ; tries++) {
    const result = await oracle.owe(`a ${phase} of ${peer.id}`, house.ask(phase, peer.id));
    const code = result && oracle.inspect(result);
    if (peer.waiting(phase) === 0 && (line !== undefined || code === undefined)) return;
    if (tries > TRIES) return oracle.fail('O5', `${peer.id} did not come back: ${JSON.stringify(result)}`);
    await sleep(2);
  }
}

/** Its lists change while these lines are waiting to be sent; at last they are as they should be. */
async function listAgain(house: UpstreamHouse, oracle: Oracle, peer: UpstreamPeer, lines: readonly string[]): Promise<void> {
  for (let from = 0; from < lines.length; from += 4) {
    const some = lines.slice(from, from + 4);
    oracle.last.set(peer.id, `${peer.id} list ${some.join('\n')}`);
    peer.load('list', some);
    for (let tries = 0; peer.waiting('list') > 0; tries++) {
      if (tries > TRIES) return oracle.fail('O5', `${peer.id} was not asked for its lists again`);
      peer.announce();
      if (house.serves(peer.id)) await oracle.owe(`a call of ${peer.id}`, house.ask('call', peer.id));
      // Its last list may have taken its tool away, or given it arguments that this call lacks.
      if (peer.announces) await oracle.owe(`a call of ${peer.id}`, house.poke(peer.id));
      if (tries % 50 === 49) await breakOff(house, peer);
      await sleep(10);
    }
    checkLists(house, oracle);
  }
  await untilServed(house, oracle, peer);
}

async function startAgain(house: UpstreamHouse, oracle: Oracle, peer: UpstreamPeer, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    oracle.last.set(peer.id, `${peer.id} start ${line}`);
    peer.load('start', [line]);
    await breakOff(house, peer);
    for (let tries = 0; peer.waiting('start') > 0; tries++) {
      if (tries > TRIES) return oracle.fail('O5', `${peer.id} was not connected to again`);
      // A listen stream may have found out first that it broke off.
      if (tries % 50 === 49) peer.breakOff();
      await oracle.owe(`a call of ${peer.id}`, house.poke(peer.id));
      await sleep(5);
    }
  }
  await untilServed(house, oracle, peer);
}

async function breakOff(house: UpstreamHouse, peer: UpstreamPeer): Promise<void> {
  peer.breakOff();
  await house.poke(peer.id);
}

async function untilServed(house: UpstreamHouse, oracle: Oracle, peer: UpstreamPeer): Promise<void> {
  for (const phase of PHASES) peer.load(phase, []);
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries % 100 === 0) await breakOff(house, peer);
    if (house.serves(peer.id) && oracle.inspect(await house.ask('call', peer.id)) === undefined) return;
    await sleep(20);
  }
  oracle.fail('O5', `${peer.id} is not served any more`);
}

/** What clients get must be what they take, whatever a server listed. */
function checkLists(house: UpstreamHouse, oracle: Oracle): void {
  for (const [key, list] of Object.entries(house.lists())) {
    const { success, error } = LISTED[key as keyof typeof LISTED].safeParse(list);
    if (!success)
      oracle.fail('O4', `clients refuse the list of ${key}: ${error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)}`);
    if (JSON.stringify(list).includes('plugmux/forged')) oracle.fail('O4', `a forged key in ${key}`);
  }
}
