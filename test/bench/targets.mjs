// What is measured. A reference is the bare server that does the same work with nothing around it.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeTool, ECHO, FILLER, toolNames } from './tools.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const PLUGMUX = here('../../dist/src/main.js');

/** A project whose one plugin offers the bench's tools; limits are raised to what the bench needs, nothing is off. */
function writeProject(tools, isolation) {
  const dir = mkdtempSync(join(tmpdir(), 'plugmux-bench-'));
  mkdirSync(join(dir, 'bench'));
  const functions = toolNames(tools).map((name, i) => ({ name, description: describeTool(i), parameters: i === 0 ? ECHO : FILLER }));
  writeFileSync(join(dir, 'bench/manifest.json'), JSON.stringify({ id: 'bench', name: 'Bench', version: '1.0.0', functions }));
  const code = `const fillers = Object.fromEntries(${JSON.stringify(toolNames(tools).slice(1))}.map((name) => [name, async () => 'x']));
export const handlers = { echo: async ({ message }) => message, ...fillers };\n`;
  writeFileSync(join(dir, 'bench/index.ts'), code);
  const limits = {
    tools: 20_000,
    toolsPerPlugin: 20_000,
    callsPerClient: 1_000,
    callsPerPlugin: 1_000,
    messageBytes: 67_108_864,
    resultBytes: 67_108_864,
  };
  const file = join(dir, 'mcp.json');
  writeFileSync(file, JSON.stringify({ plugins: { bench: { path: './bench', isolation } }, limits, state: './state' }));
  return { dir, file };
}

const plugmux =
  (transport, isolation) =>
  ({ port, tools }) => {
    const { dir, file } = writeProject(tools, isolation);
    const args = transport === 'stdio' ? ['stdio'] : ['serve', '--http', `127.0.0.1:${port}`];
    return { command: [process.execPath, PLUGMUX, ...args, '--config', file], dir };
  };
const server =
  (file, transport, ...more) =>
  ({ port, tools }) => ({ command: [process.execPath, here(`servers/${file}`), transport, String(port), String(tools), ...more] });

/** Every target, by transport. */
export const TARGETS = ['http', 'stdio'].flatMap((transport) => [
  { name: `bare ${transport}`, reference: `bare ${transport}`, transport, tool: 'echo', prepare: server('bare.mjs', transport) },
  { name: `plugmux ${transport}`, reference: `bare ${transport}`, transport, tool: 'bench_echo', prepare: plugmux(transport, 'none') },
  {
    name: `plugmux ${transport}, 2026-07-28`,
    reference: `bare ${transport}`,
    transport,
    modern: true,
    tool: 'bench_echo',
    prepare: plugmux(transport, 'none'),
  },
  { name: `SDK v1 ${transport}`, reference: `bare ${transport}`, transport, tool: 'echo', prepare: server('sdk1.mjs', transport) },
  { name: `SDK v2 ${transport}`, reference: `bare ${transport}`, transport, tool: 'echo', prepare: server('sdk2.mjs', transport) },
  {
    name: `bare ${transport} + child`,
    reference: `bare ${transport} + child`,
    transport,
    tool: 'echo',
    prepare: server('bare.mjs', transport, 'child'),
  },
  {
    name: `plugmux ${transport} + plugin process`,
    reference: `bare ${transport} + child`,
    transport,
    tool: 'bench_echo',
    prepare: plugmux(transport, 'process'),
  },
]);
