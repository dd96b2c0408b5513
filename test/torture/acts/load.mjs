import { BROKEN, call, echo, judge } from '../oracle/judge.mjs';
import { sleep } from '../world/processes.mjs';

// The operations of clients, chosen by each client. Every reply is checked; an operation resolves with its reply.

const sizes = (random) => (random.chance(0.9) ? random.between(10, 2000) : random.between(2000, 200_000));

const list = async (client) => {
  const reply = await client.request('tools/list');
  const names = reply?.result?.tools.map((tool) => tool.name);
  if (names && !names.includes('canary_echo')) client.oracle.fail('O1', `${client.name}: a list lacks canary_echo: ${names}`);
};

const cancel = async (client, random) => {
  const id = client.nextId();
  const reply = call(client, 'slow_wait', { ms: 3000 }, { id, text: 'waited', may: ['BUSY', 'CALL_CANCELLED'] });
  await sleep(random.int(60));
  client.cancel(id);
  await reply;
};

// A cancellation that crosses its reply.
const race = async (client, random) => {
  const id = client.nextId();
  const reply = echo(client, 'steady_echo', 100, { id });
  if (random.chance(0.5)) await sleep(random.int(3));
  client.cancel(id);
  await reply;
};

const ask = async (client, random) => {
  const field = `f${random.int(100_000)}`;
  const text = `accept ${client.answerTo(field)}`;
  const options = { text, may: ['BUSY', 'ASK_FAILED'], own: false };
  const params = { name: 'ask', arguments: { field } };
  let reply = await client.request('tools/call', params);
  if (reply?.result?.resultType === 'input_required') {
    const { requestState, inputRequests } = reply.result;
    const answer = { action: 'accept', content: { [field]: client.answerTo(field) } };
    const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, answer]));
    reply = await client.request('tools/call', { ...params, requestState, inputResponses });
  }
  judge(client, 'ask', reply, options);
};

const count = (client, random) => {
  const to = random.between(1, 8);
  return call(client, 'count', { to }, { text: `counted to ${to}`, meta: { progressToken: `t${random.int(4)}` } });
};

const expectError = async (client, request, code) => {
  const { error } = (await request) ?? {};
  if (error && client.oracle.errorCode(client.name, error.data, JSON.stringify(error)) !== code)
    client.oracle.fail('O4', `${client.name} expected ${code} and got ${JSON.stringify(error)}`);
};

const reopen = async (client) => {
  await sleep(5);
  await client.open();
};

/** Operations by name: the action, its frequency, and the clients that support it. */
const OPERATIONS = {
  echo: { weight: 30, run: (client, random) => echo(client, 'steady_echo', sizes(random)) },
  inner: { weight: 15, run: (client, random) => echo(client, 'inner_echo', sizes(random)) },
  victim: { weight: 20, run: (client, random) => echo(client, 'victim_echo', sizes(random), { may: BROKEN }) },
  plain: { weight: 5, run: (client, random) => echo(client, 'echo', sizes(random)) },
  big: { weight: 1, run: (client, random) => echo(client, 'steady_echo', random.between(200_000, 1_000_000)) },
  burst: {
    weight: 4,
    run: (client, random) => {
      const tools = Array.from({ length: random.between(5, 30) }, () => random.pick(['steady_echo', 'inner_echo', 'victim_echo']));
      return Promise.all(tools.map((tool) => echo(client, tool, 200, { may: tool === 'victim_echo' ? BROKEN : ['BUSY'] })));
    },
  },
  wait: { weight: 8, run: (client, random) => call(client, 'slow_wait', { ms: random.int(200) }, { text: 'waited' }) },
  waitAtVictim: {
    weight: 6,
    run: (client, random) => call(client, 'victim_slow_wait', { ms: random.int(1500) }, { text: 'waited', may: BROKEN }),
  },
  cancel: { weight: 8, run: cancel },
  race: { weight: 6, run: race },
  count: { weight: 5, run: count },
  ask: { weight: 4, run: ask },
  list: { weight: 3, run: list },
  throws: { weight: 2, run: (client) => call(client, 'victim_fails_throws', {}, { own: true, may: BROKEN }) },
  junk: { weight: 1, run: (client) => call(client, 'victim_fails_junk', {}, { own: true, may: [...BROKEN, 'RESULT_INVALID'] }) },
  deep: { weight: 0.5, run: (client) => call(client, 'victim_fails_deep', {}, { own: true, may: [...BROKEN, 'RESULT_INVALID'] }) },
  huge: { weight: 0.2, run: (client) => call(client, 'victim_fails_huge', {}, { own: true, may: [...BROKEN, 'RESULT_TOO_LARGE'] }) },
  shout: { weight: 1, run: (client) => call(client, 'victim_rude_shout', {}, { text: 'quiet', may: BROKEN }) },
  change: { weight: 0.3, run: (client) => call(client, 'change', {}, { text: 'changed' }) },
  unknownTool: { weight: 1, run: (client) => expectError(client, client.request('tools/call', { name: 'nope' }), 'UNKNOWN_TOOL') },
  unknownMethod: { weight: 1, run: (client) => expectError(client, client.request('no/such'), 'METHOD_NOT_FOUND') },
  wrongArguments: { weight: 1, run: (client) => call(client, 'steady_echo', { message: 7 }, { may: ['ARGUMENTS_INVALID'] }) },
  reconnect: {
    weight: 2,
    run: async (client, random) => {
      const open = Array.from({ length: random.int(5) }, () => call(client, 'slow_wait', { ms: 500 }, { text: 'waited' }));
      await sleep(random.int(20));
      client.drop();
      await Promise.all(open);
      await reopen(client);
    },
  },
  leave: {
    weight: 1,
    run: async (client) => {
      await client.close();
      await reopen(client);
    },
  },
  junkMessages: {
    weight: 2,
    only: 'raw',
    run: async (client, random) => {
      for (let i = random.between(1, 20); i > 0; i--) client.raw(junk(client, random));
    },
  },
  sameId: {
    weight: 2,
    only: 'connection',
    run: async (client) => {
      const id = client.nextId();
      const first = call(client, 'slow_wait', { ms: 500 }, { id, text: 'waited' });
      client.again({ name: 'steady_echo', arguments: { message: 'never' } }, id);
      await first;
    },
  },
  stopReading: {
    weight: 1,
    only: 'pause',
    run: async (client, random) => {
      client.pause(true);
      const open = Array.from({ length: random.between(1, 10) }, () => echo(client, 'inner_echo', random.between(1000, 100_000)));
      await sleep(random.between(50, 1000));
      client.pause(false);
      await Promise.all(open);
    },
  },
  abandon: {
    weight: 4,
    only: 'http',
    run: async (client, random) => {
      const id = client.nextId();
      const reply = call(client, 'count', { to: 6 }, { id, text: 'counted to 6', meta: { progressToken: 'd' } });
      await sleep(random.between(20, 150));
      client.abandon(id);
      await sleep(random.int(300));
      const dropped = client.dropped.shift();
      if (dropped) await client.resume(dropped);
      await reply;
    },
  },
  // A session that ends with calls in flight: each of them is answered at once.
  endSession: {
    weight: 1,
    only: 'session',
    run: async (client, random) => {
      const open = Array.from({ length: random.between(1, 4) }, () =>
        call(client, 'slow_wait', { ms: 20_000 }, { may: ['CALL_CANCELLED', 'UNKNOWN_SESSION', 'BUSY'] }),
      );
      await sleep(random.int(40));
      await client.end();
      await Promise.all(open);
      client.drop();
      await reopen(client);
    },
  },
  stand: { weight: 1, only: 'session', run: async (client) => client.stand() },
  fall: { weight: 1, only: 'session', run: async (client) => client.unstand() },
};

// Lines and frames that are not messages, and messages that get no reply.
function junk(client, random) {
  const text = random.pick([
    '{',
    '[]',
    '""',
    '{}',
    '{"jsonrpc":"2.0"}',
    '{"jsonrpc":"2.0","id":{},"method":"x"}',
    '{"jsonrpc":"2.0","id":777777,"result":{}}',
    '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":424242}}',
    '{"jsonrpc":"2.0","method":"notifications/nothing","params":{}}',
    `${'['.repeat(200)}`,
    `{"a":"${'x'.repeat(random.int(5000))}","a":1}`,
  ]);
  if (client.lines) return Buffer.concat([random.chance(0.3) ? cleanBytes(random) : Buffer.from(text), Buffer.from('\n')]);
  return text;
}

const cleanBytes = (random) => Buffer.from(random.bytes(random.between(1, 300)).filter((byte) => byte !== 10));

/** One active client until the run ends: it chooses an operation, runs it, waits, and repeats. */
export async function work(client, random, until) {
  const able = Object.entries(OPERATIONS).filter(([, { only }]) => only === undefined || client.abilities.has(only));
  const weights = Object.fromEntries(able.map(([name, { weight }]) => [name, weight]));
  while (!until()) {
    if (!client.connected && !(await client.open())) {
      await sleep(200);
      continue;
    }
    const name = random.weighted(weights);
    client.oracle.step(client.name, name);
    client.doing = name;
    await OPERATIONS[name].run(client, random);
    client.owed.check();
    client.oracle.count('operations');
    await sleep(random.int(client.restMs ?? 30));
  }
}
