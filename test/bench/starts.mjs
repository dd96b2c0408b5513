// Time until `plugmux stdio` replies on a later start with the default catalogue, as a gateway of its own and as a window of one that
// runs, next to a minimal Node program.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryOf } from './server-process.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PLUGMUX = join(ROOT, 'dist/bundle/src/main.js');
const BARE = 'process.stdin.on("data", () => process.stdout.write(\'{"id":1}\\n{"id":2}\\n\'))';
/** Two plugins of the default catalogue are built at the first start. */
const FIRST_MS = 60_000;

const SKILLS = 1_000;

const request = (id, method, params = {}) => `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
const INITIALIZE = request(1, 'initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'bench', version: '1' },
});
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}\n';

/** Starts a program and does the handshake; milliseconds until the reply to initialize, until the first list, and memory in MiB then. */
async function start(args, linger = async () => undefined) {
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map();
  let rest = '';
  child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const message = JSON.parse(line);
      waiting.get(message.id)?.(message);
    }
  });
  const ended = new Promise((_, reject) => child.once('exit', () => reject(new Error('the program ended before it answered'))));
  ended.catch(() => undefined);
  const ask = (id, text) => {
    const answer = new Promise((resolve) => waiting.set(id, resolve));
    child.stdin.write(text);
    return Promise.race([answer, ended]);
  };
  try {
    await ask(1, INITIALIZE);
    const welcome = performance.now() - started;
    await ask(2, INITIALIZED + request(2, 'tools/list'));
    const lists = performance.now() - started;
    const memory = memoryOf(child.pid).own;
    await linger(ask);
    return { welcome, lists, memory };
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.end();
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 5_000).unref())]);
    child.kill('SIGKILL');
  }
}

/** Alternates the programs for a number of rounds. The first start, which builds and fills the cache, does not count. */
export async function measureStarts(rounds) {
  const dir = mkdtempSync(join(tmpdir(), 'plugmux-bench-'));
  try {
    cpSync(join(ROOT, 'plugins'), join(dir, 'plugins'), { recursive: true });
    const stdio = (name, more) => {
      const file = join(dir, name);
      writeFileSync(file, JSON.stringify({ pluginFolders: ['./plugins'], state: `./state-of-${name}`, ...more }));
      return [PLUGMUX, 'stdio', '--config', file];
    };
    const alone = stdio('alone.json', {});
    const window = stdio('windows.json', { oneGateway: true });
    writeSkills(join(dir, 'skills'));
    const without = stdio('without-skills.json', { pluginFolders: [] });
    const skilled = stdio('skills.json', { pluginFolders: [], plugins: { many: { format: 'skills', path: './skills' } } });
    const targets = { 'bare Node program': ['-e', BARE], 'plugmux stdio, second start': alone, 'plugmux stdio, a window': window };
    Object.assign(targets, { 'no plugins, second start': without, '1,000 skills, second start': skilled });
    for (const args of [alone, window]) await start(args, untilQuiet);
    // Skills are listed at once, and stored when the gateway ends.
    for (const args of [without, skilled]) await start(args, (ask) => ask(3, request(3, 'prompts/list')));
    const results = Object.keys(targets).map((name) => ({ name, reference: 'bare Node program', rounds: [] }));
    for (let round = 0; round < rounds; round++) for (const { name, rounds: figures } of results) figures.push(await start(targets[name]));
    return results;
  } finally {
    spawnSync(process.execPath, [PLUGMUX, 'stop', '--config', join(dir, 'windows.json')]);
    rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function writeSkills(root) {
  for (let i = 0; i < SKILLS; i++) {
    const folder = join(root, `skill-${i}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'SKILL.md'),
      `---\nname: skill-${i}\ndescription: Does the thing number ${i}\n---\n${'Do it well.\n'.repeat(50)}`,
    );
  }
}

// Until the list has not grown for some seconds: by then each plugin has loaded, or cannot be built here.
async function untilQuiet(ask) {
  const end = performance.now() + FIRST_MS;
  let [count, since] = [0, performance.now()];
  for (let id = 3; performance.now() < end && performance.now() - since < 10_000; id++) {
    const { result } = await ask(id, request(id, 'tools/list'));
    if (result.tools.length > count) [count, since] = [result.tools.length, performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
