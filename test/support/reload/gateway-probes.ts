import { join } from 'node:path';
import { expect } from 'vitest';
import type { LimitName } from '../../../dist/src/config/limits.js';
import { createStateFile } from '../../../dist/src/store/state-file.js';
import { until } from '../processes.ts';
import { ends, endsToo, HOUR, type Probe, seen, settled } from './probe.ts';
import type { Result, Running } from './running.ts';

/** The result of a call while another one runs. */
const beside = async (gateway: Running): Promise<string> => {
  const session = await gateway.session();
  const running = gateway.post({ method: 'tools/call', params: { name: 'wait', arguments: { ms: 300 } } }, session);
  await until('the first call runs', () => gateway.app.calls() === 1);
  const answer = await gateway.call('echo', { message: 'served' }, session);
  await running;
  return answer;
};
const slots = (): Probe => seen(10, 1, ['served', 'BUSY'], beside, { limits: { queueMs: 20 } });

const nested = (levels: number): object => (levels === 0 ? {} : { inside: nested(levels - 1) });
/** The HTTP status of a message with these arguments. */
const sent = (args: object) => async (gateway: Running) => (await gateway.send('POST', '/api/tools/echo', JSON.stringify(args))).status;

const named = (part: string) => async (gateway: Running) => (await gateway.tools()).some(({ name }) => name.includes(part));
const tools = async (gateway: Running): Promise<number> => (await gateway.tools()).length;

const linkIn = ({ content = [] }: Result): string | undefined => content.find(({ type }) => type === 'resource_link')?.uri;
const long = (gateway: Running, session?: Record<string, string>): Promise<Result> =>
  gateway.ask('tools/call', { name: 'long', arguments: { chars: 1_000 } }, session);

/** How many of three results come from the cache. */
const given = async (gateway: Running): Promise<number> => {
  const session = await gateway.session();
  const all = async (): Promise<string[]> => {
    const answers = [];
    for (const by of ['a', 'b', 'c']) answers.push(await gateway.call('kept', { by }, session));
    return answers;
  };
  const [first, second] = [await all(), await all()];
  return second.filter((answer) => first.includes(answer)).length;
};

/** How many events are stored after three more, with the others made older by two days. */
const stored = async (gateway: Running): Promise<number> => {
  const session = await gateway.session();
  await gateway.ask('resources/subscribe', { uri: 'trigger://probe/bell' }, session);
  await until('the trigger runs', async () => (await gateway.call('ring', {}, session)) === 'rung');
  const file = createStateFile(join(gateway.dir, 'state'));
  file.write((db) => void db.exec('UPDATE event SET at = at - 2 * 86400000'));
  file.close();
  for (let i = 0; i < 2; i++) await gateway.call('ring', {}, session);
  const { contents = [] } = await gateway.ask('resources/read', { uri: 'trigger://probe/bell' }, session);
  return (JSON.parse(contents[0]?.text ?? '[]') as unknown[]).length;
};

/** The limits that engine, gateway and registry read. */
export const GATEWAY_PROBES: Partial<Record<LimitName, Probe>> = {
  jsonDepth: seen(64, 10, [200, 400], sent(nested(20))),
  jsonKeys: seen(1_000, 10, [200, 400], sent(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key${i}`, i])))),
  jsonItems: seen(1_000, 10, [200, 400], sent({ items: Array.from({ length: 20 }, (_, i) => i) })),
  resultBytes: seen(100_000, 500, ['a'.repeat(1_000), 'RESULT_TOO_LARGE'], async (gateway) => gateway.call('long', { chars: 1_000 })),
  resultChars: seen(100_000, 500, [undefined, true], async (gateway) => linkIn(await long(gateway))?.startsWith('plugmux://results/')),
  resultDepth: seen(64, 10, ['deep', 'RESULT_INVALID'], (gateway) => gateway.call('deep', { levels: 20 })),
  toolNameChars: seen(128, 10, [true, false], named('a_tool_with_a_long_name')),
  descriptionChars: seen(4_096, 40, [true, false], async (gateway) => {
    const tool = (await gateway.tools()).find(({ name }) => name.includes('described'));
    return (tool?.description.length ?? 0) > 100;
  }),
  schemaBytes: seen(65_536, 200, ['ARGUMENTS_INVALID', 'detailed'], (gateway) => gateway.call('detailed', { argument1: {} })),
  toolsPerPlugin: seen(100, 2, [12, 2], tools),
  tools: seen(100, 3, [12, 3], tools),
  keptBytes: seen(100_000, 500, [true, false], async (gateway) => linkIn(await long(gateway)) !== undefined, {
    limits: { resultChars: 100 },
  }),
  // The limit also applies to a result that is already stored.
  keptMs: endsToo(
    20,
    async (gateway) => {
      const session = await gateway.session();
      const uri = linkIn(await long(gateway, session));
      return async () => (await gateway.ask('resources/read', { uri }, session)).isError === true;
    },
    { limits: { resultChars: 100 } },
  ),
  cachedResults: seen(100, 1, [3, 0], given),
  cachedBytes: seen(100_000, 4, [3, 0], given),
  // An event of two days ago is there with seven days, and not with one.
  eventDays: seen(7, 1, [true, false], async (gateway) => (await stored(gateway)) > 2),
  events: seen(500, 1, [true, false], async (gateway) => (await stored(gateway)) > 1),
  callsPerMinute: seen(1_000, 1, [200, 429], async (gateway) => {
    await sent({ message: 'first' })(gateway);
    return sent({ message: 'second' })(gateway);
  }),
  callsPerClient: slots(),
  callsPerPlugin: slots(),
  calls: slots(),
  queueMs: ends(
    20,
    async (gateway) => {
      const session = await gateway.session();
      gateway.call('wait', { ms: 20_000 }, session).catch(() => undefined);
      await until('the first call runs', () => gateway.app.calls() === 1);
      return settled(gateway.call('echo', { message: 'late' }, session).then((answer) => expect(answer).toBe('BUSY')));
    },
    { limits: { calls: 1 } },
  ),
  callTimeoutMs: ends(20, async (gateway) => settled(gateway.call('wait', { ms: HOUR }))),
  callCapMs: ends(60, async (gateway) => settled(gateway.call('work')), { limits: { callTimeoutMs: 50 } }),
  askMs: ends(50, async (gateway) => settled(gateway.call('ask'))),
  firstListMs: {
    from: HOUR,
    to: 50,
    more: { plugins: { probe: { path: './probe.probe' }, stuck: { path: './stuck.probe' } } },
    async run(gateway, reload) {
      const readiness = async () => (await gateway.send('GET', '/readyz')).status;
      expect(await readiness()).toBe(503);
      await reload();
      await until('it is ready by the new limit', async () => (await readiness()) === 200);
      expect(await tools(gateway)).toBe(12);
    },
  },
};
