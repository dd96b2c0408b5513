import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { writeEthos } from './ethos.ts';
import { writePlugin } from './talos.ts';
import { type AtEnd, tempFolder } from './temp.ts';

// Each has a number that identifies it. None is next to a word of letters only that would be masked anyway.
let planted: string[] = [];

/** The cores of all secrets since the last set-up. */
export const plantedCores = (): readonly string[] => planted;

/** Forgets all secrets. */
export function clearPlanted(): void {
  planted = [];
}

/** A new secret; `form` puts its core into a larger text. */
export function plant(form: (core: string) => string = (core) => core): string {
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

const ETHOS = `
  const all = () => JSON.stringify([process.env, process.argv]);
  export function activate(api) {
    console.error('activated with ' + all());
    api.registerTool({
      name: 'whisper',
      description: 'Whispers ' + all(),
      schema: { type: 'object' },
      async execute(_args, ctx) {
        const known = [];
        for (const name of ['KEY', 'a/b']) known.push(await Promise.resolve().then(() => ctx.secrets?.get?.(name)).catch(String));
        console.error(known.join() + all());
        throw new Error('refused: ' + known.join() + all());
      },
    });
  }`;

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

/** Writes a configuration with a secret in every place that accepts one, and plugins that reveal all they get. */
export async function setUpPlanted(atEnd: AtEnd = onTestFinished as AtEnd) {
  planted = [];
  const dir = tempFolder(atEnd);
  const functions = ['run', 'leave'].map((name) => ({ name, description: name, parameters: { type: 'object', properties: {} } }));
  writePlugin(
    dir,
    'teller',
    { 'index.ts': PLUGIN },
    { functions, credentials: [{ name: 'odd' }, { name: 'declared' }, { name: 'typed' }], settings: [] },
  );
  writeFileSync(join(dir, 'server.mjs'), TELL_TALE);
  writeEthos(dir, 'whisper', { 'index.mjs': ETHOS }, {}, { main: './index.mjs' });
  writeFileSync(join(dir, 'up.env'), `FILE_KEY=${plant()}\nexport QUOTED_KEY="${plant((core) => `${core} and more`)}"\n`, { mode: 0o600 });
  const pem = plant((core) => `-----BEGIN ODD KEY-----\n${core}/line/of/base64+AAAA\n${plant()}+second/line\n-----END ODD KEY-----\n`);
  writeFileSync(join(dir, 'odd.pem'), pem, { mode: 0o600 });
  writeFileSync(join(dir, 'account.json'), JSON.stringify({ type: 'service', client_secret: plant() }), { mode: 0o600 });
  // A remote server that rejects every request with all that it received.
  const http = createServer((request, response) => {
    response.writeHead(400, { 'content-type': 'text/plain' }).end(JSON.stringify([request.url, request.headers]));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  atEnd(() => void http.close());
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
      whisper: { path: './whisper', approval: 'allow', credentials: { KEY: plant(), 'a/b': plant() }, env: { ETHOS_TOKEN: plant() } },
    },
    mcpServers: {
      up: {
        envFile: './up.env',
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
export function shown(text: string): string[] {
  const decoded = [text, text.replaceAll(/%[0-9A-Fa-f]{2}/g, (hex) => String.fromCharCode(Number.parseInt(hex.slice(1), 16)))];
  // A secret may begin anywhere in a longer text that was encoded as a whole.
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g))
    for (let at = 0; at < 4; at++) decoded.push(Buffer.from(run.slice(at), 'base64').toString('latin1'));
  for (const [run] of text.matchAll(/(?:[0-9a-fA-F]{2}){8,}/g)) decoded.push(Buffer.from(run, 'hex').toString('latin1'));
  return planted.filter((core) => decoded.some((form) => form.includes(core)));
}
