import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BIN, run, serve } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { writePlugin } from '../support/talos.ts';
import { tempFolder } from '../support/temp.ts';

// Each has a number that identifies it. None is next to a word of letters only that would be masked anyway.
let planted: string[] = [];
function plant(form: (core: string) => string = (core) => core): string {
  const core = `pl4nted-${4700 + planted.length}-zq`;
  planted.push(core);
  return form(core);
}

/** A server that reveals all it has: on stderr, in failed calls, in its description and as its last output. */
const TELL_TALE = `
  import { createInterface } from 'node:readline';
  const all = () => JSON.stringify([process.argv.slice(2), process.env]);
  const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
  const tool = (name) => ({ name, description: 'Tells ' + all(), inputSchema: { type: 'object' } });
  process.stderr.write(all() + '\\n');
  for (const value of Object.values(process.env)) process.stderr.write('a line: ' + value + '\\n');
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (method === 'initialize') return say({ id, result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } });
    if (method === 'tools/list') return say({ id, result: { tools: ['fail', 'tell', 'die'].map(tool) } });
    if (method !== 'tools/call') return id === undefined ? undefined : say({ id, error: { code: -32601, message: 'no' } });
    if (params.name === 'fail') return say({ id, error: { code: -32000, message: 'refused: ' + all(), data: all() } });
    if (params.name === 'tell') return say({ id, result: { isError: true, content: [{ type: 'text', text: all() }], structuredContent: { env: process.env }, _meta: { all: all() } } });
    process.stderr.write(all() + '\\n' + Buffer.from(all()).toString('base64') + '\\n', () => process.exit(3));
  });`;

const PLUGIN = `
  const all = (record: object) => JSON.stringify([record, process.env]);
  export async function run(_: object, record: { log?: { info(text: string): void } } & object) {
    console.error('on stderr: ' + all(record));
    throw new Error('refused: no key, plain-literal-1; ' + all(record) + encodeURIComponent(all(record)));
  }
  export async function leave(_: object, record: object) {
    console.error(all(record));
    process.exit(3);
  }`;

async function setUp() {
  planted = [];
  const dir = tempFolder();
  const functions = ['run', 'leave'].map((name) => ({ name, description: name, parameters: { type: 'object', properties: {} } }));
  writePlugin(dir, 'teller', { 'index.ts': PLUGIN }, { functions, credentials: [{ name: 'odd' }, { name: 'declared' }], settings: [] });
  writeFileSync(join(dir, 'server.mjs'), TELL_TALE);
  const pem = plant((core) => `-----BEGIN ODD KEY-----\n${core}/line/of/base64+AAAA\n${plant()}+second/line\n-----END ODD KEY-----\n`);
  writeFileSync(join(dir, 'odd.pem'), pem, { mode: 0o600 });
  writeFileSync(join(dir, 'account.json'), JSON.stringify({ type: 'service', client_secret: plant() }), { mode: 0o600 });
  // A remote server that rejects every request with all that it received.
  const http = createServer((request, response) => {
    response.writeHead(400, { 'content-type': 'text/plain' }).end(JSON.stringify([request.url, request.headers]));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void http.close());
  const { port } = http.address() as AddressInfo;
  const admin = plant((core) => `${core}-admin-token`);
  const env = {
    ODD_ONE: plant(),
    GITHUB_PAT: plant((core) => `x ${core} "quoted"`),
    CASE_DSN: plant((core) => `https://${core}@sentry.test/4711`),
    CASE_DB: plant((core) => `postgres://app:${core}@db.test:5432/app`),
    CASE_ODD: plant((core) => `p%ss=${core}&ü`),
  };
  const config = {
    auth: {
      tokens: [
        { token: admin, principal: 'root', scopes: ['admin'] },
        { token: plant((core) => `${core}-other-token`), principal: 'other' },
      ],
    },
    audit: { arguments: true },
    plugins: {
      teller: {
        path: './teller',
        approval: 'allow',
        credentials: {
          odd: plant(),
          password: plant((core) => `${core}\nsecond line of ${plant()}`),
          'a/b': plant(),
          quoted: plant((core) => `"${core}"\\`),
        },
        env: {
          DB_PASSWD: plant(),
          apiKey: plant(),
          SLACK_WEBHOOK_URL: plant((core) => `https://hooks.test/services/T0/${core}`),
          PLAIN: 'production',
          MONGO: plant((core) => `mongodb+srv://u:p%40${core}@h/d`),
          CONNECTION: plant((core) => `Server=h;User Id=a;Password=${core};`),
          'x-odd.name': plant((core) => `${core} with spaces`),
          JSON_KEYS: plant((core) => JSON.stringify({ a: { private_key: core } })),
          OTHER: '${env:ODD_ONE}',
        },
        settings: {
          a: '${env:GITHUB_PAT}',
          b: '${file:odd.pem}',
          c: '${file:account.json}',
          d: 'x ${env:CASE_ODD} y',
          mode: 'plain-literal-1',
          declared: plant(),
          address: plant((core) => `amqp://user:${core}@queue.test`),
          fallback: `\${env:CASE_NOT_SET:-${plant()}}`,
        },
      },
    },
    mcpServers: {
      up: {
        command: process.execPath,
        args: [
          './server.mjs',
          '--api-key',
          plant(),
          `--token=${plant()}`,
          '--header',
          `Authorization: Bearer ${plant()}`,
          '-H',
          `X-Odd: ${plant()}`,
          '-e',
          `ODD=${plant()}`,
          `https://u:${plant()}@h.test/?access_token=${plant()}`,
          plant((core) => JSON.stringify({ auth: { secret: core } })),
          '${ODD_ONE}',
        ],
        env: {
          PGPASSWORD: plant(),
          AWS_SECRET_ACCESS_KEY: plant((core) => `${core}/+=`),
          ODD_VALUE: plant(),
          CASE_DSN: '${CASE_DSN}',
          DATABASE_URL: '${CASE_DB}',
          BASIC: `Basic ${Buffer.from(`user:${plant()}`).toString('base64')}`,
          VIA_DEFAULT: `\${CASE_NOT_SET:-${plant()}}`,
        },
        approval: 'allow',
      },
      remote: {
        type: 'http',
        url: `http://127.0.0.1:${port}/mcp?api_key=${plant()}`,
        headers: { Authorization: `Bearer ${plant()}`, 'X-Odd': plant(), Cookie: `a=1; sid=${plant()}` },
        oauth: { clientId: 'plain', clientSecret: plant(), issuer: 'http://127.0.0.1:1/' },
      },
    },
  };
  const file = join(dir, 'mcp.json');
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return { dir, file, config, admin, env };
}

/** The numbers of the secrets that a text shows, in any form that can be decoded. */
function shown(text: string): string[] {
  const decoded = [text];
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g)) decoded.push(Buffer.from(run, 'base64').toString('latin1'));
  return planted.filter((core) => decoded.some((form) => form.includes(core)));
}

describe('secrets planted in every place that accepts one', { timeout: 240_000 }, () => {
  it('are in no output of a running gateway', { tags: ['T24'] }, async () => {
    const { dir, file, config, admin, env } = await setUp();
    expect(planted.length).toBeGreaterThanOrEqual(40);
    const gateway = await serve(file, { bin: BIN, env: { ...env, PLUGMUX_LOG_LEVEL: 'debug' } });
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const get = async (path: string, body?: string) =>
      (await fetch(new URL(path, gateway.url), body === undefined ? { headers } : { method: 'POST', body, headers })).text();
    const said: Record<string, string> = {};
    for (const name of ['fail', 'tell', 'die', 'teller_run', 'teller_leave']) {
      await until(`${name} is served`, async () => !(await get(`/api/tools/${name}`, '{"argument":1}')).includes('UNKNOWN_TOOL'));
      said[`api ${name}`] = await get(`/api/tools/${name}`, JSON.stringify({ sent: env.ODD_ONE }));
      const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } };
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
      };
      said[`mcp ${name}`] = await get('/mcp', JSON.stringify({ ...message, params: { ...message.params, _meta } }));
    }
    expect(said['api teller_run']).toContain('refused: no key, plain-literal-1; ');
    expect(said['api teller_run']).toContain('production');
    expect(said['api fail']).toContain('refused: ');
    for (const path of ['/status', '/v1/admin/plugins', '/readyz', '/healthz']) said[path] = await get(path);
    expect(said['/v1/admin/plugins']).toContain('teller');
    // A secret that was removed from the file is known permanently; its replacement is not shown by an error.
    const { plugins, ...rest } = config;
    writeFileSync(file, JSON.stringify({ ...rest, plugins: { teller: { ...plugins.teller, credentials: {}, env: {} } } }));
    await gateway.said('teller');
    writeFileSync(file, JSON.stringify({ ...rest, auth: { tokens: [{ token: planted[3], principal: planted[4], x: planted[5] }] } }));
    await gateway.said('configuration not reloaded (the previous one stays active)');
    said['api later'] = await get('/api/tools/teller_run', '{}');
    await gateway.stop();
    said.log = gateway.stderr();
    expect(said.log).toContain('on stderr: ');
    for (const name of readdirSync(join(dir, '.plugmux', 'audit'))) {
      if (name !== 'key') said[`audit ${name}`] = readFileSync(join(dir, '.plugmux', 'audit', name), 'utf8');
    }
    expect(Object.entries(said).map(([place, text]) => [place, shown(text)])).toEqual(Object.keys(said).map((place) => [place, []]));
  });

  it('are in no output of a command', { tags: ['T24'] }, async () => {
    const { file, config, env } = await setUp();
    const words =
      'doctor|doctor --json|list --json|info up|info up fail --json|limits|approvals|call teller_run|call tell --json|export openai';
    const seen: [string, string[]][] = [];
    for (const command of words.split('|')) {
      const { stdout, stderr } = await run([...command.split(' '), '--config', file, '--log-level', 'debug'], { env });
      expect([command, stdout + stderr]).toEqual([command, expect.stringMatching(/\w/)]);
      seen.push([command, shown(stdout + stderr)]);
    }
    // The same as invalid files, each for another reason.
    const refused: readonly unknown[] = [
      { ...config, auth: { tokens: [{ token: planted[5], principal: 'a', [planted[6] as string]: 1 }] } },
      { ...config, auth: planted[7] },
      { ...config, plugins: { teller: { ...config.plugins.teller, credentials: planted[8], env: [planted[9]] } } },
      { ...config, listen: { http: '${env:CASE_DB}' } },
      JSON.stringify(config).slice(0, -40),
    ];
    for (const content of refused) {
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
      const { code, stderr } = await run(['limits', '--config', file], { env });
      expect([code, stderr]).toEqual([2, expect.stringMatching(/mcp\.json:\d+:\d+: /)]);
      seen.push([stderr, shown(stderr)]);
    }
    // An invalid server is skipped, with its location.
    writeFileSync(
      file,
      JSON.stringify({ ...config, mcpServers: { up: { ...config.mcpServers.up, args: planted[10], env: planted[11] } } }),
    );
    const { stdout, stderr } = await run(['doctor', '--config', file], { env });
    expect(stdout).toMatch(/mcp\.json:\d+:\d+: mcpServers\.up/);
    seen.push([stdout, shown(stdout + stderr)]);
    expect(seen.filter(([, secrets]) => secrets.length > 0)).toEqual([]);
  });

  it('are in no uncaught error that ends a gateway', { tags: ['T24'] }, async () => {
    planted = [];
    const dir = tempFolder();
    const code = `export async function run() { setTimeout(() => { throw new Error('refused: ' + process.env.PLAIN_ONE); }, 1); return 'ok'; }`;
    writePlugin(dir, 'inside', { 'index.ts': code });
    const env = { PLAIN_ONE: plant() };
    const file = join(dir, 'mcp.json');
    const inside = { path: './inside', isolation: 'none', settings: { a: '${env:PLAIN_ONE}' } };
    writeFileSync(file, JSON.stringify({ plugins: { inside } }), { mode: 0o600 });
    const gateway = await serve(file, { bin: BIN, env });
    const headers = { 'content-type': 'application/json' };
    await fetch(new URL('/api/tools/inside_run', gateway.url), { method: 'POST', headers, body: '{}' }).catch(() => undefined);
    await gateway.said('plugmux: Error: refused: [redacted]');
    expect(shown(gateway.stderr())).toEqual([]);
  });
});
