import { appendFileSync } from 'node:fs';
import { fill, mutated } from '../../fuzz/support/generate.mjs';
import { payload } from '../oracle/oracle.mjs';
import { lives, sleep, withEnvironment } from '../world/processes.mjs';
import { head, hold, modernCall } from './sockets.mjs';

/** A process of the victim's group, in any gateway of the run. */
function victims({ world }) {
  const inGroup = new Set(withEnvironment('TORTURE_GROUP=victim').map(({ pid }) => pid));
  return withEnvironment(`TORTURE_RUN=${world.mark}`).filter(({ pid, parent }) => inGroup.has(pid) && !inGroup.has(parent));
}

function signal(victim, name) {
  if (!victim || !lives(victim)) return;
  try {
    process.kill(victim.pid, name);
  } catch {
    // It has exited meanwhile.
  }
}

const kill = (name) => async (run, random) => signal(random.pick(victims(run)), name);

// A plugin that crashed too often during its own calls is stopped until it is enabled again, which a run needs.
const renew = async ({ world }, random) => {
  world.renew(random.pick(['steady', 'slow', 'inner', 'victim', 'victim_slow', 'victim_fails', 'victim_rude']));
  world.save();
};

// hello, load and initialize come first in a process.
const FIRST_CALL = 4;

/** Messages that the process of `odd` may send by itself, and the reply to its call. */
const messages = () => {
  const report = { dialect: 'source', functions: ['write'], undeclared: [], triggers: [] };
  const say = (method, params) => ({ jsonrpc: '2.0', method, params: { id: '$PLUGIN', ...params } });
  return [
    say('log', { level: 'error', text: 'a line', call: '$CALL' }),
    say('stage', { stage: 'import' }),
    say('changed', { report }),
    say('restart', { reason: 'it hangs' }),
    say('fatal', { error: 'too old' }),
    say('progress', { call: '$CALL', done: 1, total: 2, message: 'one' }),
    { ...say('ask', { call: '$CALL', questions: { a: { kind: 'roots' } } }), id: '$ID' },
    { ...say('consult', { method: 'start', params: {} }), id: '$ID' },
    { jsonrpc: '2.0', id: '$CALL', result: { content: [{ type: 'text', text: 'fine' }], structured: { a: 1 } } },
    { jsonrpc: '2.0', id: '$CALL', error: { code: -32000, message: 'boom', data: { code: 'PLUGIN_FAILED', fix: 'mend it' } } },
  ];
};

/** Faults by name: their frequency and their action. Each action resolves when it is done. */
const FAULTS = {
  kill: { weight: 10, run: kill('SIGKILL') },
  terminate: { weight: 3, run: kill('SIGTERM') },
  abort: { weight: 2, run: kill('SIGABRT') },
  freeze: {
    weight: 5,
    async run(run, random) {
      const victim = random.pick(victims(run));
      signal(victim, 'SIGSTOP');
      await sleep(random.chance(0.2) ? random.between(7000, 12_000) : random.between(200, 4000));
      signal(victim, 'SIGCONT');
    },
  },
  switchOff: {
    weight: 5,
    async run({ world }, random) {
      const id = random.pick(['victim', 'victim_slow', 'victim_fails', 'victim_rude']);
      world.enable(id, false);
      world.save();
      await sleep(random.between(200, 2500));
      world.enable(id, true);
      world.save();
    },
  },
  renew: { weight: 6, run: renew },
  renewAll: {
    weight: 2,
    async run({ world }) {
      for (const id of world.plugins) if (id !== 'canary') world.renew(id);
      world.save();
    },
  },
  touch: {
    weight: 3,
    run: async ({ world }, random) => appendFileSync(world.source(random.pick(['steady', 'slow', 'inner', 'victim'])), '\n'),
  },
  manySaves: {
    weight: 2,
    async run({ world }, random) {
      for (let i = 0; i < 20; i++) {
        world.renew(random.pick(['steady', 'victim']));
        world.save();
        await sleep(random.int(20));
      }
    },
  },
  brokenConfig: {
    weight: 3,
    async run({ world }, random) {
      world.save(random.pick(['{', '', '{"plugins":[]}', '{"plugin":{}}', '\u0000\u0000', '{"limits":{"calls":0}}']));
      await sleep(random.between(200, 800));
      world.save();
    },
  },
  idleSockets: {
    weight: 3,
    run: ({ gateway }, random) => hold(gateway.url, { sockets: random.between(50, 200), ms: random.between(50, 1500) }),
  },
  noise: {
    weight: 4,
    run: ({ gateway }, random) => {
      const noise = Array.from({ length: 40 }, () => random.bytes(random.between(1, 400)));
      return hold(gateway.url, { sockets: noise.length, ms: random.between(20, 300), write: (i) => noise[i], read: true });
    },
  },
  halfHeads: {
    weight: 3,
    run: ({ gateway, world }, random) => {
      const whole = head('POST', '/mcp', world.tokens.ada, 100);
      const cuts = Array.from({ length: 20 }, () => random.int(whole.length));
      return hold(gateway.url, { sockets: cuts.length, ms: random.between(50, 3000), write: (i) => whole.slice(0, cuts[i]) });
    },
  },
  halfBodies: {
    weight: 3,
    run: ({ gateway, world }, random) => {
      const whole = modernCall(world.tokens.ada, 'steady_echo', { message: 'never whole' });
      return hold(gateway.url, {
        sockets: 20,
        ms: random.between(50, 3000),
        write: () => whole.slice(0, whole.length - 1 - random.int(30)),
      });
    },
  },
  tooMuch: {
    weight: 1,
    run: ({ gateway, world }, random) => {
      const body = Buffer.alloc(5 * 1024 * 1024, 'x');
      return hold(gateway.url, {
        sockets: 3,
        ms: random.between(100, 500),
        write: () => Buffer.concat([Buffer.from(head('POST', '/mcp', world.tokens.ada, body.length)), body]),
      });
    },
  },
  slowReaders: {
    weight: 3,
    run: ({ gateway, world }, random) => {
      const call = modernCall(world.tokens.bob, 'inner_echo', { message: payload('nobody', 0, 1_000_000) });
      return hold(gateway.url, { sockets: 8, ms: random.between(200, 2000), write: () => call });
    },
  },
  callAndGo: {
    weight: 3,
    run: ({ gateway, world }, random) => {
      const calls = ['slow_wait', 'victim_slow_wait'].map((name) => modernCall(world.tokens.bob, name, { ms: 2000 }));
      return hold(gateway.url, { sockets: 20, ms: random.int(60), write: (i) => calls[i % 2] });
    },
  },
  flood: {
    weight: 3,
    run: ({ gateway, world }, random) => {
      const call = modernCall(world.tokens.bob, 'victim_echo', { message: payload('nobody', 0, 50) });
      return hold(gateway.url, { sockets: 40, ms: random.between(100, 800), write: () => call.repeat(20), read: true });
    },
  },
  garbage: {
    weight: 6,
    run: ({ gateway, world }, random) => {
      const lines = [...mutated(messages(), 6, random.int(1_000_000_000))];
      const calls = lines.map((line, i) => {
        const filled = fill(line, { PLUGIN: 'odd', CALL: FIRST_CALL, ID: 1000 + i });
        return modernCall(world.tokens.ada, 'odd_write', { line: filled });
      });
      return hold(gateway.url, { sockets: calls.length, ms: random.between(50, 500), write: (i) => calls[i], read: true });
    },
  },
  wrongTokens: {
    weight: 1,
    run: ({ gateway }) => hold(gateway.url, { sockets: 5, ms: 100, write: () => modernCall('wrong', 'steady_echo', {}), read: true }),
  },
};

/** Injects faults until the run ends, at times that the seed decides. */
export async function strike(run, random) {
  const weights = Object.fromEntries(Object.entries(FAULTS).map(([name, { weight }]) => [name, weight]));
  while (!run.over()) {
    await sleep(random.between(50, run.calm));
    const name = random.weighted(weights);
    run.oracle.step('fault', name);
    run.oracle.count('faults');
    await FAULTS[name].run(run, random);
  }
}

/** Restores everything after the last fault. */
export function repair({ world }) {
  for (const victim of victims({ world })) signal(victim, 'SIGCONT');
  for (const id of world.plugins) {
    world.enable(id, true);
    if (id.startsWith('victim')) world.renew(id);
  }
  world.save();
}
