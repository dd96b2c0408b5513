import { randomBytes } from 'node:crypto';
import { createClient } from '../clients/open.mjs';
import { sleep } from '../world/processes.mjs';

const RPC = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const BODY = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'tools/list' });

/** Ways to use an id of another client. The reply must be the one for an unknown id. */
const ATTEMPTS = [
  (id) => ['/mcp', { method: 'POST', headers: { ...RPC, 'mcp-session-id': id }, body: BODY }],
  (id) => ['/mcp', { method: 'GET', headers: { accept: 'text/event-stream', 'mcp-session-id': id } }],
  (id) => ['/mcp', { method: 'GET', headers: { accept: 'text/event-stream', 'mcp-session-id': id, 'last-event-id': 'r1-0' } }],
  (id) => ['/mcp', { method: 'DELETE', headers: { 'mcp-session-id': id } }],
  (id) => [`/messages?sessionId=${id}`, { method: 'POST', headers: RPC, body: BODY }],
];

/** A client with its own token that tries to use the ids of other clients while they are active. */
export async function intrude(run, clients, over) {
  while (!over() && !run.oracle.broken) {
    for (const client of clients.slice(0, 8)) {
      // Half of the clients belong to ada, half to bob; each half is attacked by the other principal.
      const stranger = client.principal === 'ada' ? 'bob' : 'ada';
      if (client.session !== undefined) for (const attempt of ATTEMPTS) await attemptOne(run, stranger, attempt, client.session);
    }
    await stealState(run);
    await sleep(50);
  }
}

async function attemptOne({ gateway, world, oracle }, stranger, attempt, id) {
  const answerTo = async (session) => {
    const [path, { headers, ...options }] = attempt(session);
    const answer = await fetch(gateway.url + path, {
      ...options,
      headers: { ...headers, authorization: `Bearer ${world.tokens[stranger]}` },
    });
    return `${answer.status} ${(await answer.text()).replace(/"ref":"[^"]*"/, '')}`;
  };
  const [foreign, unknown] = [await answerTo(id), await answerTo(randomBytes(16).toString('hex'))];
  oracle.count('intrusions');
  if (foreign !== unknown || !foreign.startsWith('404'))
    oracle.fail('O4', `a foreign session id was answered with ${foreign}, an unknown one with ${unknown}`);
}

// A question for one client is answered by another: the state must be unknown, and the owner continues unaffected.
async function stealState(run) {
  const { oracle } = run;
  const ada = createClient('http-modern', 'owner', run, 'ada');
  const bob = createClient('http-modern', 'thief', run, 'bob');
  await Promise.all([ada.connect(), bob.connect()]);
  const params = { name: 'ask', arguments: { field: 'f' } };
  const { result } = (await ada.request('tools/call', params)) ?? {};
  const answers = (client) => ({ q: { action: 'accept', content: { f: client.answerTo('f') } } });
  const resume = (client, requestState) => client.request('tools/call', { ...params, requestState, inputResponses: answers(client) });
  const shape = ({ error } = {}) => JSON.stringify(error)?.replace(/"ref":"[^"]*"/, '');
  const stolen = shape(await resume(bob, result?.requestState));
  const made = shape(await resume(bob, `${result?.requestState.slice(0, -4)}AAAA`));
  if (stolen === undefined || stolen !== made)
    oracle.fail('O4', `a stolen requestState was answered with ${stolen}, an unknown one with ${made}`);
  const own = await resume(ada, result?.requestState);
  if (own?.result?.content?.[0]?.text !== `accept ${ada.answerTo('f')}`)
    oracle.fail('O1', `after another client tried its requestState, the owner was answered with ${JSON.stringify(own)?.slice(0, 300)}`);
  oracle.count('intrusions');
  ada.drop();
  bob.drop();
}
