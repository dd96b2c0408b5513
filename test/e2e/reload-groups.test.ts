import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../support/processes.ts';
import { type Answer, HELLO, type Running, startRunning } from '../support/reload/running.ts';

// The keys other than limits: each is changed in a running gateway, and checked by its effect.

const PROBE = { path: './probe.probe' };
const plugin = (more: object) => ({ plugins: { probe: { ...PROBE, ...more } } });

const status = async (answer: Promise<Answer>): Promise<number> => (await answer).status;
const helloAs = (headers: Record<string, string>) => (gateway: Running) => status(gateway.post(HELLO, headers));

/** The lines of the audit log. */
const audited = (gateway: Running): string => {
  const dir = join(gateway.dir, 'state/audit');
  const files = readdirSync(dir).filter((name) => name.endsWith('.jsonl'));
  return files.map((name) => readFileSync(join(dir, name), 'utf8')).join('');
};
let last = 0;
/** Whether the audit log shows the argument of a call. */
const argumentsShown = async (gateway: Running): Promise<boolean> => {
  const [message, end] = [`argument number ${++last}`, `end number ${last}`];
  await gateway.call('echo', { message });
  // A final line as a marker: all lines before it have been written by then.
  await gateway.ask('tools/call', { name: end, arguments: {} });
  await until('the call is in the audit log', () => audited(gateway).includes(end));
  return audited(gateway).includes(message);
};

const TOKEN = 'ada-0123456789abcdef';
const [ADA, BOB] = ['ada', 'bob'].map((principal) => ({ token: `${principal}-0123456789abcdef`, principal, profile: 'small' }));
const profile = (tools: readonly string[]) => ({ profiles: { small: { tools } } });

interface Case {
  readonly key: string;
  readonly before: object;
  readonly after: object;
  readonly see: (gateway: Running) => Promise<unknown>;
  readonly expected: readonly [unknown, unknown];
}

const CASES: readonly Case[] = [
  {
    key: 'listen.hosts',
    before: {},
    after: { listen: { hosts: ['gateway.example'] } },
    see: helloAs({ host: 'gateway.example' }),
    expected: [403, 200],
  },
  {
    key: 'listen.origins',
    before: {},
    after: { listen: { origins: ['https://page.example'] } },
    see: async (gateway) => {
      const headers = { origin: 'https://page.example' };
      const preflight = await gateway.send('OPTIONS', '/mcp', '', { ...headers, 'access-control-request-method': 'POST' });
      return [await helloAs(headers)(gateway), preflight.headers['access-control-allow-origin']];
    },
    expected: [
      [403, undefined],
      [200, 'https://page.example'],
    ],
  },
  {
    key: 'listen.proxies',
    before: { auth: { tokens: [ADA] }, ...profile(['echo']), limits: { failedLoginsPerMinute: 1 } },
    after: { auth: { tokens: [ADA] }, ...profile(['echo']), limits: { failedLoginsPerMinute: 1 }, listen: { proxies: ['127.0.0.1'] } },
    // Behind a trusted proxy, failures are counted per client; without a proxy, all clients share one count.
    see: async (gateway) => {
      await helloAs({ authorization: `Bearer wrong-${Math.random()}` })(gateway);
      const client = `10.${++last % 250}.0.1`;
      return helloAs({ authorization: `Bearer wrong-${Math.random()}`, 'x-forwarded-for': client })(gateway);
    },
    expected: [429, 401],
  },
  {
    key: 'auth.tokens',
    before: { auth: { tokens: [BOB] }, ...profile(['echo']) },
    after: { auth: { tokens: [BOB, ADA] }, ...profile(['echo']) },
    see: (gateway) => status(gateway.post(HELLO, { authorization: `Bearer ${TOKEN}` }, '/mcp/small')),
    expected: [401, 200],
  },
  {
    key: 'audit.arguments',
    before: {},
    after: { audit: { arguments: true } },
    see: argumentsShown,
    expected: [false, true],
  },
  {
    key: 'profiles.small.tools',
    before: profile(['echo']),
    after: profile(['echo', 'long']),
    see: async (gateway) => {
      const session = await gateway.session({}, '/mcp/small');
      const { text } = await gateway.post({ method: 'tools/list' }, session, '/mcp/small');
      return [text.includes('"name":"echo"'), text.includes('"name":"long"')];
    },
    expected: [
      [true, false],
      [true, true],
    ],
  },
  {
    key: 'profiles.small',
    before: {},
    after: profile(['echo']),
    see: (gateway) => status(gateway.post(HELLO, {}, '/mcp/small')),
    expected: [404, 200],
  },
  {
    key: 'plugins.probe.fence',
    before: {},
    after: plugin({ fence: false }),
    see: async (gateway) => (await gateway.call('strange')).startsWith('<untrusted'),
    expected: [true, false],
  },
  {
    key: 'plugins.probe.approval',
    before: { limits: { askMs: 50 } },
    after: { limits: { askMs: 50 }, ...plugin({ approval: { echo: 'deny', long: 'ask' } }) },
    see: async (gateway) => {
      const echo = await gateway.call('echo', { message: 'ran' });
      const long = await gateway.call('long', { chars: 3 });
      return [echo, long];
    },
    expected: [
      ['ran', 'aaa'],
      ['Unknown tool: echo.', 'DENIED'],
    ],
  },
  {
    key: 'plugins.probe.limits.callTimeoutMs',
    before: {},
    after: plugin({ limits: { callTimeoutMs: { wait: 20 } } }),
    see: (gateway) => gateway.call('wait', { ms: 400 }),
    expected: ['waited', 'CALL_TIMEOUT'],
  },
  {
    key: 'plugins.probe.enabled',
    before: {},
    after: plugin({ enabled: false }),
    see: async (gateway) => {
      let tools = await gateway.tools();
      await until('the plugins match the file', async () => {
        tools = await gateway.tools();
        return tools.length > 0 === (gateway.app.config().plugins.get('probe')?.enabled !== false);
      });
      return tools.length > 0;
    },
    expected: [true, false],
  },
];

describe('a changed key takes effect after the log line that names it', () => {
  it.each(CASES.map((entry) => [entry.key, entry] as const))('%s', { tags: ['reload-told'] }, async (key, entry) => {
    const { before, after, see, expected } = entry;
    const gateway = await startRunning(before);
    expect(await see(gateway)).toEqual(expected[0]);
    expect(await gateway.reload(after)).toContain(`changed: ${key}`);
    expect(await see(gateway)).toEqual(expected[1]);
    expect(await gateway.reload(before)).toContain(`changed: ${key}`);
    expect(await see(gateway)).toEqual(expected[0]);
  });
});

it('audit.required takes effect with the reload: calls are rejected if the log cannot be written', {
  tags: ['reload-told', 'T27'],
}, async () => {
  const gateway = await startRunning({});
  const call = (): Promise<string> => gateway.call('echo', { message: 'ran' });
  expect(await call()).toBe('ran');
  const dir = join(gateway.dir, 'state/audit');
  await until('the first line is written', () => readdirSync(dir).some((name) => name.endsWith('.jsonl')));
  rmSync(dir, { recursive: true });
  writeFileSync(dir, 'a file is in the way');
  expect(await call()).toBe('ran');
  await gateway.reload({ audit: { required: true } });
  await until('calls are refused', async () => (await call()) === 'AUDIT_STORE_UNAVAILABLE');
  await gateway.reload({ audit: { required: false } });
  expect(await call()).toBe('ran');
});

it('a reload does not wait for a plugin that is still starting after the previous reload', { tags: ['reload-told'] }, async () => {
  const never = { never: { path: './never' } };
  const gateway = await startRunning({ plugins: { probe: PROBE, ...never }, limits: { firstListMs: 50 } });
  const isListed = async (): Promise<boolean> => (await gateway.tools()).some(({ name }) => name.endsWith('echo'));
  expect(await isListed()).toBe(true);
  await gateway.reload({ plugins: { probe: PROBE, ...never }, limits: { firstListMs: 60 } });
  await gateway.reload({ plugins: never, limits: { firstListMs: 60 } });
  await until('the tools of the removed plugin are gone', async () => !(await isListed()));
});
