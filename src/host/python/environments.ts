import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../core/contract/host.ts';
import type { PythonPackages } from '../../core/contract/member.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { claim, DONE, finish } from './environment-record.ts';
import { interpreterFix } from './interpreter.ts';
import { type Requirements, readRequirements } from './packages.ts';

const LAST_LINES = 8;
const STALE_MS = 10_000;
// Variables that package tools need for a private index; the host adds the proxies.
const PASSED = /^(PIP_.*|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE)$/i;

/** Options for building an environment. */
export interface EnvironmentBuild {
  /** Parent folder of the environments. */
  readonly folder: string;
  /** The source that uses it. */
  readonly owner: string;
  /** Sources with an environment from this gateway run; their previous environments may still be in use. */
  readonly served: Set<string>;
  /** Runs a package tool. */
  readonly run: Host['run'];
  readonly log: Logger;
  /** Aborts the build. */
  readonly signal: AbortSignal;
}

/**
 * Finds or builds the virtual environment for a list of packages. An existing one is reused without network access. Never
 * installs into the base interpreter. Throws DEPENDENCY_MISSING.
 */
export async function environmentFor(base: string, packages: PythonPackages, making: EnvironmentBuild): Promise<string> {
  const { folder, owner, served, signal } = making;
  const wanted = await readRequirements(packages);
  const digest = createHash('sha256')
    .update(JSON.stringify([base, wanted.digest]))
    .digest('hex')
    .slice(0, 24);
  const place = join(folder, digest);
  const isFirst = !served.has(owner);
  served.add(owner);
  if (existsSync(join(place, DONE))) {
    claim(place, owner, isFirst);
    return place;
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const release = await lock(`${place}.lock`, signal);
  try {
    // Another gateway may have built it in the meantime; an incomplete one is not used.
    if (existsSync(join(place, DONE))) {
      claim(place, owner, false);
      return place;
    }
    rmSync(place, { recursive: true, force: true });
    await make(place, base, wanted, making);
    finish(place, { python: base, ...wanted, made: new Date().toISOString(), owners: [owner] });
    return place;
  } catch (error) {
    rmSync(place, { recursive: true, force: true });
    throw error;
  } finally {
    release();
  }
}

async function make(place: string, base: string, { names, file }: Requirements, making: EnvironmentBuild): Promise<void> {
  const packages = [...names, ...(file === undefined ? [] : [file])];
  // Paths in a requirements file are relative to its folder.
  const cwd = file === undefined ? making.folder : dirname(file);
  making.log.info(`making a Python environment in ${place}${packages.length > 0 ? ` with ${packages.join(', ')}` : ''}`);
  await run(making, base, ['-m', 'venv', place], cwd, {
    fault: 'The virtual environment cannot be created',
    fix: (said) =>
      /ensurepip|No module named '?venv/.test(said)
        ? 'Install the Python module venv (Debian, Ubuntu: apt install python3-venv).'
        : interpreterFix(base),
  });
  const list = join(place, 'requirements.txt');
  writeFileSync(list, `${names.join('\n')}\n`);
  const python = [join(place, 'bin', 'python'), join(place, 'Scripts', 'python.exe')].find((file) => existsSync(file)) as string;
  const pip = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off', '-r', list];
  if (file !== undefined) pip.push('-r', file);
  await run(making, python, pip, cwd, {
    fault: 'pip could not install the packages of the plugin',
    fix: (said) => otherPython(said) ?? 'Correct "install" or "requirements", or check the network.',
  });
}

// pip reports a wrong Python version in several forms, and its last line resembles a network failure.
function otherPython(said: string): string | undefined {
  if (!/requires a different Python|Requires-Python/i.test(said)) return undefined;
  const wanted = [...said.matchAll(/(?:not in '|Requires-Python\s*)([<>=~!][^'|;]*?)(?='|;|\||$)/g)].map(([, text]) => text?.trim());
  const which = wanted.length === 0 ? '' : ` (${[...new Set(wanted)].join('; ')})`;
  return `The package needs another version of Python${which}: set "python" in mcp.json to one.`;
}

async function run(
  { run: runTool, log, signal }: EnvironmentBuild,
  command: string,
  args: readonly string[],
  cwd: string,
  { fault, fix }: { readonly fault: string; readonly fix: (said: string) => string },
): Promise<void> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name))) as Record<string, string>;
  const lines: string[] = [];
  const onLine = (line: string): void => {
    lines.push(line);
    if (lines.length > LAST_LINES) lines.shift();
    log.info(line);
  };
  const { code, why } = await runTool({ command, args, cwd, env, signal, onLine });
  signal.throwIfAborted();
  if (code === 0) return;
  const said = lines.join(' | ');
  throw new GatewayError(
    'DEPENDENCY_MISSING',
    `${fault}${said === '' || code === undefined ? '' : ` (exit code ${code})`}: ${said || why}.`,
    { fix: fix(said) },
  );
}

// mkdir succeeds in one process only. A lock that is no longer touched belongs to a process that died.
async function lock(path: string, signal: AbortSignal): Promise<() => void> {
  const mark = join(path, 'alive');
  for (;;) {
    try {
      mkdirSync(path);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const touched = (statSync(mark, { throwIfNoEntry: false }) ?? statSync(path, { throwIfNoEntry: false }))?.mtimeMs ?? 0;
    if (touched > 0 && Date.now() - touched > STALE_MS) rmSync(path, { recursive: true, force: true });
    else await sleep(200, undefined, { signal });
  }
  const touch = setInterval(() => writeFileSync(mark, ''), STALE_MS / 5).unref();
  writeFileSync(mark, '');
  return () => {
    clearInterval(touch);
    rmSync(path, { recursive: true, force: true });
  };
}
