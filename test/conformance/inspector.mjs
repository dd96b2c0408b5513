// npm run inspector
// Drives the built gateway with the MCP Inspector's command line in both eras, over every transport it supports, with its
// strict check of tool schemas.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conclude, FIXTURE_MAIN, fixtureConfig, judge, ROOT, runToEnd, startGateway } from './judges.mjs';

const AT_ONCE = 3;
const EXIT = { good: 0, failed: 1, toolError: 5, strict: 6 };

const inspector = judge('inspector');
const { dir, file } = fixtureConfig(['plain', 'conformance']);
const gateway = await startGateway(file);
const at = (path) => new URL(path, gateway.url).href;
const program = (...args) => ({ command: process.execPath, args });

const session = join(dir, 'session.json');
const mcpServers = {
  stdio: program(FIXTURE_MAIN, 'stdio', '--config', file),
  http: { type: 'streamable-http', url: at('/mcp') },
  sse: { type: 'sse', url: at('/sse') },
  shipped: {
    ...program(join(ROOT, 'dist/bundle/src/main.js'), 'stdio', '--config', join(ROOT, 'mcp.json')),
    env: { PLUGMUX_STATE: join(dir, 'state') },
  },
  careless: program(join(ROOT, 'test/fixtures/careless-server.mjs')),
};
writeFileSync(session, JSON.stringify({ mcpServers }));
// A separate home folder: the Inspector stores a catalogue there.
const env = { ...process.env, HOME: join(dir, 'home'), MCP_INSPECTOR_SECRET_STORE: 'memory' };
mkdirSync(env.HOME);

const names = (list) => (list ?? []).map(({ name }) => name);
const textOf = ({ content }) => content?.[0]?.text;

/** The commands, the exit code of each, and the check of its result. */
const CASES = [
  ['tools/list --strict', EXIT.good, ({ tools }) => names(tools).includes('json_schema_2020_12_tool')],
  ['tools/call --tool-name echo --tool-arg message=hello', EXIT.good, (result) => textOf(result) === 'hello'],
  ['tools/call --tool-name echo --tool-args-json {"message":7}', EXIT.toolError, ({ isError }) => isError === true],
  ['tools/call --tool-name circular', EXIT.toolError, ({ isError }) => isError === true],
  ['tools/call --tool-name test_image_content', EXIT.good, ({ content }) => content[0].mimeType === 'image/png'],
  [
    'tools/call --tool-name echo --tool-arg message=x --load --load-requests 200',
    EXIT.good,
    ({ ok, errors, toolErrors }) => ok === 200 && errors + toolErrors === 0,
  ],
  ['prompts/list', EXIT.good, ({ prompts }) => names(prompts).includes('greet')],
  ['prompts/get --prompt-name greet --prompt-args who=Ada', EXIT.good, ({ messages }) => messages[0].content.text === 'Hello, Ada!'],
  ['prompts/get --prompt-name nobody', EXIT.failed],
  ['resources/list', EXIT.good, ({ resources }) => names(resources).includes('text')],
  ['resources/templates/list', EXIT.good, ({ resourceTemplates }) => names(resourceTemplates).includes('item')],
  ['resources/read --uri plain://item/7', EXIT.good, ({ contents }) => contents[0].text === 'item 7'],
  ['resources/read --uri test://static-binary', EXIT.good, ({ contents }) => contents[0].blob.length > 0],
  ['resources/read --uri plain://item/none', EXIT.failed],
];
const LEGACY_ONLY = [['logging/setLevel --log-level debug', EXIT.good]];
const SHIPPED = [['tools/list --strict', EXIT.good, ({ tools }) => names(tools).includes('notes_write')]];
const CARELESS = [['tools/list --strict', EXIT.strict]];

const runs = [
  { server: 'careless', era: 'legacy', cases: CARELESS },
  ...['stdio', 'http'].flatMap((server) => ['legacy', 'auto', 'modern'].map((era) => ({ server, era, cases: CASES }))),
  { server: 'sse', era: 'legacy', cases: CASES },
  ...['stdio', 'http', 'sse'].map((server) => ({ server, era: 'legacy', cases: LEGACY_ONLY })),
  ...['legacy', 'modern'].map((era) => ({ server: 'shipped', era, cases: SHIPPED })),
].flatMap(({ server, era, cases }) => cases.map((one) => ({ server, era, one })));

let passed = 0;
const faults = [];

async function run({ server, era, one: [request, exit, holds = () => true] }) {
  const options = ['--config', session, '--server', server, '--protocol-era', era, '--connect-timeout', '60000', '--format', 'json', '-q'];
  const { code, stdout, stderr } = await runToEnd([...inspector, ...options, '--method', ...request.split(' ')], env);
  const result = stdout === '' ? {} : JSON.parse(stdout).result;
  if (code === exit && holds(result)) passed++;
  else faults.push(`${server} ${era} ${request}: ended with ${code}, not ${exit}: ${stdout.slice(0, 2_000)} ${stderr}`);
}

await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let next = runs.shift(); next !== undefined; next = runs.shift()) await run(next);
  }),
);
await gateway.stop();
conclude(passed, faults);
