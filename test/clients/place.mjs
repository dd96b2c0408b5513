// The environment of one client: a home and a project folder, and a separate gateway with the plugins of the tests.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pathForClients, ROOT } from './programs.mjs';

const MAIN = join(ROOT, 'dist/bundle/src/main.js');
const WORLD = fileURLToPath(new URL('world', import.meta.url));
const GATEWAY_START_MS = 30_000;
const GROUP_END_MS = 3_000;

/** Processes and folders to clean up if the run ends early. */
const left = new Map();
process.once('exit', () => {
  for (const remove of left.values()) remove();
});

/** Creates the folders and the configuration: box is a plugin of another format, shapes an MCP server. */
export function createPlace() {
  const folder = mkdtempSync(join(tmpdir(), 'plugmux-client-'));
  left.set(folder, () => removePlace({ folder }));
  const place = { folder, home: join(folder, 'home'), project: join(folder, 'project'), config: join(folder, 'mcp.json') };
  for (const name of ['home', 'project']) mkdirSync(place[name]);
  cpSync(WORLD, join(folder, 'world'), { recursive: true });
  const plugins = { box: { path: './world/box', approval: { look: 'allow', erase: 'ask' } } };
  const shapes = { command: process.execPath, args: [join(folder, 'world/shapes.mjs')], approval: 'allow' };
  // Each line is written before its reply: some clients kill the gateway at the end of their run.
  const audit = { required: true };
  writeFileSync(place.config, JSON.stringify({ plugins, mcpServers: { shapes }, state: './state', audit }));
  return place;
}

export function removePlace({ folder }) {
  left.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** The environment of a client: only PATH is inherited. */
export function environmentOf({ home }, more = {}) {
  return { PATH: pathForClients(), HOME: home, LANG: 'C.UTF-8', TERM: 'dumb', ...more };
}

/** Runs `plugmux <args>` to its end; returns its output. */
async function plugmux({ config }, ...args) {
  const { code, stdout, stderr } = await runToEnd([process.execPath, MAIN, ...args, '--config', config], {});
  if (code !== 0) throw new Error(`plugmux ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

/** The output of `plugmux export` for a client that starts the gateway, or connects to `url`. */
export async function exportFor(place, client, url) {
  return JSON.parse(await plugmux(place, 'export', client, '--json', ...(url ? ['--http', new URL(url).host] : [])));
}

/** The calls that reached the gateway, from its audit log. */
export async function callsIn(place) {
  const lines = await plugmux(place, 'audit', 'show', '--json', '--limit', '500');
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter(({ tool }) => tool !== undefined);
}

/** Writes the parts of an export into the client's files, and merges them with existing content. */
export function writeParts({ home, project }, parts) {
  for (const { file, content } of parts) {
    if (file === undefined) continue;
    const path = file.startsWith('~/') ? join(home, file.slice(2)) : join(project, file);
    mkdirSync(dirname(path), { recursive: true });
    const old = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    if (typeof content === 'string') writeFileSync(path, `${old ? `${old}\n` : ''}${content}`);
    else writeFileSync(path, JSON.stringify(merge(old ? JSON.parse(old) : {}, content), null, 2));
  }
}

function merge(old, more) {
  if (typeof old !== 'object' || typeof more !== 'object' || Array.isArray(old)) return more;
  const both = { ...old };
  for (const [key, value] of Object.entries(more)) both[key] = key in old ? merge(old[key], value) : value;
  return both;
}

/** Starts `serve`; resolves when it listens. `port` 0 means a free port. */
export async function startGateway({ config }, port = 0) {
  const args = [MAIN, 'serve', '--http', `127.0.0.1:${port}`, '--json', '--config', config];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  left.set(child, () => child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.once('exit', resolve)).finally(() => left.delete(child));
  const url = await new Promise((resolve, reject) => {
    const late = setTimeout(() => child.kill('SIGKILL'), GATEWAY_START_MS);
    void ended.then((code) => reject(new Error(`the gateway ended with ${code}`)));
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (!out.includes('\n}')) return;
      clearTimeout(late);
      resolve(JSON.parse(out).url);
    });
  });
  return {
    url,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Runs a program in its own process group, for at most `ms`; remaining processes get a moment to end. */
export async function runToEnd([command, ...args], { cwd, env = process.env, ms = 60_000 }) {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  left.set(child, () => signalGroup(child, 'SIGKILL'));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    signalGroup(child, 'SIGKILL');
  }, ms);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const code = await new Promise((resolve) => {
    child.on('error', ({ message }) => resolve(message));
    child.on('exit', resolve);
  });
  clearTimeout(timer);
  const until = Date.now() + GROUP_END_MS;
  while (Date.now() < until && signalGroup(child, 0)) await new Promise((resolve) => setTimeout(resolve, 20));
  signalGroup(child, 'SIGKILL');
  left.delete(child);
  return { code: late ? `no end within ${ms / 1_000} s` : code, stdout, stderr };
}

/** Whether the group still existed when the signal was sent. */
function signalGroup({ pid }, signal) {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
