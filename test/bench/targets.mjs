// The targets. A reference is the bare server that does the same work without a gateway.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installFolder } from '../../dist/adapters/squadron/install/home.js';
import { describeTool, ECHO, FILLER, toolNames } from './tools.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const PLUGMUX = here('../../dist/bundle/src/main.js');

function writeTalos(dir, tools) {
  const functions = toolNames(tools).map((name, i) => ({ name, description: describeTool(i), parameters: i === 0 ? ECHO : FILLER }));
  writeFileSync(join(dir, 'bench/manifest.json'), JSON.stringify({ id: 'bench', name: 'Bench', version: '1.0.0', functions }));
  const code = `const fillers = Object.fromEntries(${JSON.stringify(toolNames(tools).slice(1))}.map((name) => [name, async () => 'x']));
export const handlers = { echo: async ({ message }) => message, ...fillers };\n`;
  writeFileSync(join(dir, 'bench/index.ts'), code);
}

function writeJaato(dir, tools) {
  const schemas = toolNames(tools).map((name, i) => ({ name, description: describeTool(i), parameters: i === 0 ? ECHO : FILLER }));
  const code = `import json

SCHEMAS = json.loads(${JSON.stringify(JSON.stringify(schemas))})


class BenchPlugin:
    name = "bench"

    def get_tool_schemas(self):
        return SCHEMAS

    def get_executors(self):
        fillers = {schema["name"]: (lambda args: "x") for schema in SCHEMAS}
        return {**fillers, "echo": lambda args: args["message"]}


def create_plugin():
    return BenchPlugin()
`;
  writeFileSync(join(dir, 'bench/__init__.py'), code);
}

// Skips the build: the installed program is run.
function writeSquadron(dir, tools) {
  const home = installFolder(join(dir, '.squadron'), 'bench', 'local');
  mkdirSync(home, { recursive: true });
  const args = [here('servers/grpc-plugin.mjs'), String(tools)];
  writeFileSync(join(home, 'runner.json'), JSON.stringify({ kind: 'go', entry: process.execPath, args }));
}

const WRITERS = { talos: writeTalos, jaato: writeJaato, squadron: writeSquadron };

/** A project whose only plugin offers the benchmark's tools. Limits are raised as needed; all checks are on. */
function writeProject(tools, isolation, format) {
  const dir = mkdtempSync(join(tmpdir(), 'plugmux-bench-'));
  mkdirSync(join(dir, 'bench'));
  WRITERS[format](dir, tools);
  const limits = {
    tools: 20_000,
    toolsPerPlugin: 20_000,
    callsPerClient: 1_000,
    callsPerPlugin: 1_000,
    messageBytes: 67_108_864,
    resultBytes: 67_108_864,
  };
  const file = join(dir, 'mcp.json');
  const bench = format === 'squadron' ? { format, version: 'local' } : { path: './bench', isolation };
  writeFileSync(file, JSON.stringify({ plugins: { bench }, limits, state: './state' }));
  return { dir, file };
}

const plugmux =
  (transport, isolation, format = 'talos') =>
  ({ port, tools }) => {
    const { dir, file } = writeProject(tools, isolation, format);
    const args = transport === 'stdio' ? ['stdio'] : ['serve', '--http', `127.0.0.1:${port}`];
    return { command: [process.execPath, PLUGMUX, ...args, '--config', file], dir };
  };
const server =
  (file, transport, ...more) =>
  ({ port, tools }) => ({ command: [process.execPath, here(`servers/${file}`), transport, String(port), String(tools), ...more] });

const named = (name, reference, transport, tool, prepare, more = {}) => ({ name, reference, transport, tool, prepare, ...more });

/** Every target, by transport. SSE has no modern era, and the second SDK serves neither SSE nor WebSocket. */
export const TARGETS = ['http', 'sse', 'ws', 'stdio'].flatMap((transport) => {
  const bare = `bare ${transport}`;
  const child = `${bare} + child`;
  const python = `${bare} + Python child`;
  const grpc = `${bare} + gRPC child`;
  const inProcess = plugmux(transport, 'none');
  return [
    named(bare, bare, transport, 'echo', server('bare.mjs', transport)),
    named(`plugmux ${transport}`, bare, transport, 'bench_echo', inProcess),
    ...(transport === 'sse' ? [] : [named(`plugmux ${transport}, 2026-07-28`, bare, transport, 'bench_echo', inProcess, { modern: true })]),
    ...(transport === 'ws' ? [] : [named(`SDK v1 ${transport}`, bare, transport, 'echo', server('sdk1.mjs', transport))]),
    ...(transport === 'ws' || transport === 'sse'
      ? []
      : [named(`SDK v2 ${transport}`, bare, transport, 'echo', server('sdk2.mjs', transport))]),
    named(child, child, transport, 'echo', server('bare.mjs', transport, 'node')),
    named(`plugmux ${transport} + plugin process`, child, transport, 'bench_echo', plugmux(transport, 'process')),
    named(python, python, transport, 'echo', server('bare.mjs', transport, 'python')),
    named(`plugmux ${transport} + Python plugin`, python, transport, 'echo', plugmux(transport, 'process', 'jaato')),
    named(grpc, grpc, transport, 'echo', server('bare.mjs', transport, 'grpc')),
    named(`plugmux ${transport} + gRPC plugin`, grpc, transport, 'plugins_bench_echo', plugmux(transport, 'process', 'squadron')),
  ];
});
