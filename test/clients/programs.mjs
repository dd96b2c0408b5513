// The tested clients, each in one version, installed once into an ignored folder. They are not dependencies: they are
// large, and some of them need a newer Node than the oldest that plugmux supports.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, '.cache/clients');

const NODE = { package: `node-${process.platform}-${process.arch}`, version: '24.21.0' };
const runsHere = Number(process.versions.node.split('.')[0]) >= 24;

/** The file that a package runs as its command. */
export function commandOf({ package: name, version, bin }) {
  const folder = join(FOLDER, `${name.replaceAll('/', '+')}-${version}`, 'node_modules', name);
  return join(folder, bin ?? Object.values(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).bin)[0]);
}

/** The Node that runs clients. */
export function nodeForClients() {
  return runsHere ? process.execPath : commandOf({ ...NODE, bin: 'bin/node' });
}

/** PATH with that Node first. */
export function pathForClients() {
  return [dirname(nodeForClients()), process.env.PATH].join(delimiter);
}

/** The Python that has the packages of a client. */
export const pythonOf = ({ requires }) => join(FOLDER, folderOf(requires), 'bin/python');

const folderOf = (requires) => requires.join('+').replaceAll('==', '-');

const fetching = new Map();

/** Installs a client; resolves with the reason if that fails. */
export function fetchClient(client) {
  const name = client.requires ? folderOf(client.requires) : `${client.package.replaceAll('/', '+')}-${client.version}`;
  if (!fetching.has(name)) fetching.set(name, fetchInto(join(FOLDER, name), client));
  return fetching.get(name);
}

/** An interrupted install leaves no folder that looks complete. */
async function fetchInto(folder, { requires, package: name, version }) {
  if (existsSync(folder)) return undefined;
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  const reason = requires ? await installPython(partial, requires) : await installPackage(partial, `${name}@${version}`);
  if (reason === undefined) renameSync(partial, folder);
  else rmSync(partial, { recursive: true, force: true });
  return reason;
}

/** Install scripts do not run: their downloads are fetched separately. */
async function installPackage(folder, wanted) {
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const flags = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--loglevel=error'];
  return run('npm', ['install', ...flags, wanted], folder);
}

async function installPython(folder, requires) {
  const flags = ['--quiet', '--disable-pip-version-check', '--no-input', '--only-binary=:all:'];
  const without = await run('python3', ['-m', 'venv', folder], folder);
  return without ?? run(join(folder, 'bin/python'), ['-m', 'pip', 'install', ...flags, ...requires], folder);
}

/** Fetches the Node that the clients need, if this one is older. */
export const fetchNode = async () => (runsHere ? undefined : fetchClient(NODE));

/** Runs an installer to its end; resolves with the reason if that fails. */
async function run(command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk) => (err += chunk));
  const code = await new Promise((resolve) => {
    child.on('close', resolve);
    child.on('error', ({ message }) => resolve(message));
  });
  return code === 0 ? undefined : `${command} ended with ${code}: ${err.trim().slice(-500)}`;
}
