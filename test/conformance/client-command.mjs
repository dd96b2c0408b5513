// node client-command.mjs <address of a server>
// The client under test of the conformance suite: a gateway in front of the scenario's server, and a client of the gateway
// that logs in when the gateway requests it and uses everything that is listed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { BIN, logIn } from './browser.mjs';

const [url] = process.argv.slice(2);
const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_PROTOCOL_VERSION: version, MCP_CONFORMANCE_CONTEXT } = process.env;
const context = JSON.parse(MCP_CONFORMANCE_CONTEXT ?? '{}');
const modern = version >= '2026';
const MAX_LOGINS = 3;
/** How long a server may delay its tools; some have none. */
const LISTED_MS = scenario.startsWith('auth/') ? 20_000 : 5_000;

const dir = mkdtempSync(join(tmpdir(), 'plugmux-client-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));

/** The operator's entry for the client, if the scenario requires a particular client. */
async function known() {
  const { client_id: clientId, client_secret: clientSecret } = context;
  if (scenario === 'auth/basic-cimd') return { oauth: { clientMetadataUrl: 'https://conformance-test.local/client-metadata.json' } };
  if (clientId === undefined || clientSecret === undefined) return {};
  if (scenario === 'auth/pre-registration') return { oauth: { clientId, clientSecret } };
  const place = new URL('/.well-known/oauth-protected-resource/mcp', url);
  const issuer = (await (await fetch(place)).json()).authorization_servers[0];
  return { oauth: { clientId, clientSecret, issuer } };
}

const entry = {
  url,
  approval: 'allow',
  // The suite compares schemas with those it sent, and sends nulls that they do not allow.
  schemas: 'verbatim',
  validate: scenario === 'http-custom-headers' ? 'off' : 'on',
  // A server of the older revisions does not support the message that detects the era.
  ...(modern ? {} : { era: 'legacy' }),
  ...(await known()),
};
const config = join(dir, 'mcp.json');
writeFileSync(config, JSON.stringify({ mcpServers: { judged: entry }, limits: { restartMinMs: 50 } }));

let logins = 0;
async function login() {
  if (++logins > MAX_LOGINS || !(await logIn('judged', config))) {
    process.exitCode = 1;
    return false;
  }
  return true;
}

const client = new Client(
  { name: 'judge', version: '1.0.0' },
  {
    capabilities: { elicitation: { form: { applyDefaults: true } } },
    versionNegotiation: { mode: modern ? { pin: version } : 'legacy' },
  },
);
const transport = new StdioClientTransport({
  command: process.execPath,
  args: [BIN, 'stdio', '--config', config],
  env: process.env,
  stderr: 'pipe',
});
// The gateway reports it twice, once for the server and once for its missing tools.
const wanted = new Set();
let rest = '';
transport.stderr.on('data', (chunk) => {
  process.stderr.write(chunk);
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const said = /"message":"(?:It is not served: )?(.*plugmux login judged.*)"/.exec(line)?.[1];
    if (said !== undefined) wanted.add(said);
  }
});

/** The tools; logs in whenever the gateway requests it, until there are tools. */
async function list() {
  const start = performance.now();
  for (let done = 0; ; ) {
    const { tools } = await client.listTools();
    if (tools.length > 0 || performance.now() - start > LISTED_MS) return tools;
    if (wanted.size > done) {
      done = wanted.size;
      if (!(await login())) return [];
    }
    await sleep(50);
  }
}

/** A value that matches a schema. */
function sample({ enum: choices, type, required = [], properties } = {}) {
  if (choices) return choices[0];
  if (type === 'integer' || type === 'number') return 5;
  if (type === 'boolean') return true;
  if (type === 'array') return [];
  return type === 'object' ? Object.fromEntries(required.map((key) => [key, sample(properties?.[key])])) : 'us-west1';
}

async function call(name, args) {
  for (;;) {
    const result = await client.callTool({ name, arguments: args }).catch(({ message }) => ({ message }));
    console.log(`${name}: ${JSON.stringify(result).slice(0, 500)}`);
    const { code, fix = '' } = result._meta?.['plugmux/error'] ?? {};
    if (code !== 'NEEDS_CONFIGURATION' || !fix.includes('plugmux login') || !(await login())) return;
  }
}

let names = [];
let asked = 0;
client.setRequestHandler('elicitation/create', async ({ params }) => {
  // A second call during this one: neither must affect the other.
  if (asked++ === 0 && names.includes('test_mrtr_unrelated')) await call('test_mrtr_unrelated', {});
  const { properties = {}, required = [] } = params.requestedSchema ?? {};
  const open = required.filter((key) => properties[key]?.default === undefined);
  return { action: 'accept', content: Object.fromEntries(open.map((key) => [key, sample(properties[key])])) };
});

await client.connect(transport);
const tools = await list();
names = tools.map(({ name }) => name);
console.log(`tools: ${names.join(' ')}`);
// The scenario ends when skills are listed: until then no file of a skill may be read, so nothing is used.
const onlyLists = scenario === 'sep-2640-client-no-prefetch';
const focal = tools.find(({ name }) => name === 'json_schema_2020_12_tool');
const calls = tools.map(({ name, inputSchema }) => ({ name, arguments: sample({ ...inputSchema, type: 'object' }) }));
for (const { name, arguments: args } of onlyLists ? [] : (context.toolCalls ?? calls)) {
  if (name === 'json_schema_echo') await call(name, { schema: focal?.inputSchema });
  else if (name !== 'test_mrtr_unrelated') await call(name, args);
}
const { prompts } = await client.listPrompts();
for (const { name, arguments: args = [] } of onlyLists ? [] : prompts) {
  await client.getPrompt({ name, arguments: Object.fromEntries(args.map((arg) => [arg.name, 'text'])) }).catch(console.log);
}
const { resources } = await client.listResources();
for (const { uri } of onlyLists ? [] : resources) await client.readResource({ uri }).catch(console.log);
await client.close();
