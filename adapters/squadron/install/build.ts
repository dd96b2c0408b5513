import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../../src/core/errors.ts';
import { PROGRAM } from './home.ts';
import { consoleScript } from './pyproject.ts';
import { runTool, type ToolContext } from './run-tool.ts';
import { hasEntry, type Runner, readRunner, writeRunner } from './runner.ts';
import { hashSource } from './source-hash.ts';

/** The language of a source folder. Throws MANIFEST_INVALID if it is unknown. */
export function languageOf(source: string): Runner['kind'] {
  if (existsSync(join(source, 'go.mod'))) return 'go';
  if (existsSync(join(source, 'pyproject.toml'))) return 'python';
  throw new GatewayError('MANIFEST_INVALID', `source "${source}" has no go.mod or pyproject.toml — can't determine plugin language.`, {
    fix: 'Set "source" to the folder with go.mod or pyproject.toml, or add one of them to this folder.',
  });
}

/**
 * Builds a source folder into an install folder, unless the same source is already built. A failed build leaves the previous
 * one. Returns whether it built.
 */
export async function build(source: string, dir: string, context: ToolContext): Promise<boolean> {
  const kind = languageOf(source);
  const sourceHash = await hashSource(source);
  const runner = readRunner(dir);
  if (runner?.sourceHash === sourceHash && hasEntry(dir, runner)) {
    context.step(`Source unchanged — skipping rebuild (${dir})`);
    return false;
  }
  mkdirSync(dir, { recursive: true });
  const entry = kind === 'go' ? await buildGo(source, dir, context) : await buildPython(source, dir, context);
  writeRunner(dir, { kind, entry, sourceHash });
  return true;
}

async function buildGo(source: string, dir: string, context: ToolContext): Promise<string> {
  // Remove leftovers of builds that were interrupted.
  for (const stale of readdirSync(dir).filter((name) => name.startsWith(`.${PROGRAM}-`))) rmSync(join(dir, stale), { force: true });
  const draft = join(dir, `.${PROGRAM}-${randomBytes(4).toString('hex')}`);
  try {
    await runTool('go', ['build', '-o', draft, '.'], source, context);
    renameSync(draft, join(dir, PROGRAM));
  } finally {
    rmSync(draft, { force: true });
  }
  return PROGRAM;
}

async function buildPython(source: string, dir: string, context: ToolContext): Promise<string> {
  if (process.platform === 'win32') throw new GatewayError('PLUGIN_FAILED', 'Python plugins are not supported on Windows.');
  const script = consoleScript(source);
  return installPython(source, script, dir, context);
}

/**
 * Creates a virtual environment with one package and switches to it. Its scripts contain the path where it was created, so
 * each has a separate folder; `venv` is a link to the current one.
 */
export async function installPython(what: string, script: string, dir: string, context: ToolContext): Promise<string> {
  const name = `.venv-${randomBytes(4).toString('hex')}`;
  const venv = join(dir, name);
  try {
    context.step(`Creating venv (${venv})...`);
    await makeVenv(venv, dir, context);
    context.step('Installing source...');
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--', what];
    await runTool(join(venv, 'bin', 'python'), pip, dir, context);
    context.step(`Entry: venv/bin/${script}`);
    if (!existsSync(join(venv, 'bin', script))) throw new GatewayError('MANIFEST_INVALID', `The package installs no script "${script}".`);
    switchTo(dir, name);
  } catch (error) {
    rmSync(venv, { recursive: true, force: true });
    throw error;
  }
  return `venv/bin/${script}`;
}

// Some systems have only `python`.
async function makeVenv(venv: string, dir: string, context: ToolContext): Promise<void> {
  const args = ['-m', 'venv', venv];
  await runTool('python3', args, dir, context).catch((error: GatewayError) => {
    if (error.code !== 'DEPENDENCY_MISSING') throw error;
    return runTool('python', args, dir, context).catch((other: GatewayError) => {
      throw other.code === 'DEPENDENCY_MISSING' ? error : other;
    });
  });
}

// The previous environment stays until the next build, because a running process may still import from it.
function switchTo(dir: string, name: string): void {
  const link = join(dir, 'venv');
  const before = readLink(link);
  const draft = join(dir, `.link-${name}`);
  symlinkSync(name, draft);
  try {
    renameSync(draft, link);
  } catch {
    // Squadron itself creates a folder here.
    rmSync(link, { recursive: true, force: true });
    renameSync(draft, link);
  }
  const stale = readdirSync(dir).filter((item) => item.startsWith('.venv-') && item !== name && item !== before);
  for (const item of stale) rmSync(join(dir, item), { recursive: true, force: true });
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
