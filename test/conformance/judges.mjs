// External programs that test this gateway. They are installed once into an ignored folder: as dependencies they
// would break installs on systems they do not support.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const FOLDER = join(ROOT, '.cache/judges');
const PACKAGES = {
  conformance: ['@modelcontextprotocol/conformance', '0.2.0-alpha.12', 'dist/index.js'],
  inspector: ['@modelcontextprotocol/inspector', '2.12.0', 'clients/cli/build/index.js'],
};
// They need a newer Node than the oldest that plugmux supports.
const NODE = { name: `node-${process.platform}-${process.arch}`, version: '22.23.3' };
const runsHere = Number(process.versions.node.split('.')[0]) > 22;

/** The command line of a judge, installed if missing. */
export function judge(which) {
  const [name, version, file] = PACKAGES[which];
  const folder = join(FOLDER, `${which}-${version}`);
  const main = join(folder, 'node_modules', name, file);
  const node = runsHere ? process.execPath : join(folder, 'node_modules', NODE.name, 'bin/node');
  if (!existsSync(main) || !existsSync(node)) {
    // Another judge may install the same at the same time; the first one to finish wins.
    const fresh = `${folder}.${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    writeFileSync(join(fresh, 'package.json'), '{"private":true}');
    const wanted = [`${name}@${version}`, ...(runsHere ? [] : [`${NODE.name}@${NODE.version}`])];
    const flags = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--silent'];
    execFileSync('npm', ['install', ...flags, ...wanted], { cwd: fresh, stdio: 'inherit' });
    if (existsSync(main)) rmSync(fresh, { recursive: true });
    else {
      rmSync(folder, { recursive: true, force: true });
      renameSync(fresh, folder);
    }
  }
  return [node, main];
}

/** Runs a program to its end. */
export async function runToEnd([command, ...args], env = process.env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

/** A folder with a configuration for the given fixture plugins, and more of its keys; deleted when the process exits. */
export function fixtureConfig(names, more = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'plugmux-judges-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  for (const name of names) writeFileSync(join(dir, `${name}.fixture`), '');
  // The suite checks the schemas as the plugin wrote them.
  const plugins = Object.fromEntries(names.map((name) => [name, { path: `./${name}.fixture`, schemas: 'verbatim' }]));
  writeFileSync(join(dir, 'mcp.json'), JSON.stringify({ plugins, ...more }));
  return { dir, file: join(dir, 'mcp.json') };
}

/** The built command line with the fixture plugins. */
export const FIXTURE_MAIN = join(ROOT, 'dist/test/fixture-main.mjs');

/** Starts `serve` on a free port; resolves when it listens. */
export async function startGateway(file) {
  const args = [FIXTURE_MAIN, 'serve', '--http', '127.0.0.1:0', '--json', '--config', file];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      try {
        // The suite derives non-loopback host names from this one.
        resolve(JSON.parse(out).url.replace('127.0.0.1', 'localhost'));
      } catch {
        // The output is not complete yet.
      }
    });
    void ended.then((code) => reject(new Error(`the gateway ended with ${code}`)));
  });
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  return { url, stop };
}

/** Ends a run of a judge with one plain line. */
export function conclude(passed, faults) {
  for (const fault of faults) console.log(`failed: ${fault}`);
  console.log(`${passed} passed, ${faults.length} failed`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
