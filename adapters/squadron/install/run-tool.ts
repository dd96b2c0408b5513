import { basename } from 'node:path';
import type { Host } from '../../../src/core/contract/host.ts';
import { GatewayError } from '../../../src/core/errors.ts';

/** Context of build tools. */
export interface ToolContext {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Runs a program. */
  readonly run: Host['run'];
  /** Called for each line of stdout and stderr. */
  onLine(line: string): void;
  /** Called with a description of each step. */
  step(text: string): void;
}

const MAX_RUN_MS = 15 * 60_000;
const TAIL = 12;
// Variables that build tools need for compilers, caches and certificates. The host adds proxy variables.
const PASSED = /^(USER|LC_\w+|GO\w*|CGO_\w+|CC|CXX|PIP_\w+|XDG_CACHE_HOME|SSL_CERT_\w+|REQUESTS_CA_BUNDLE)$/i;

/** Runs a build tool. Throws with its last output lines if it fails. */
export async function runTool(command: string, args: readonly string[], cwd: string, context: ToolContext): Promise<void> {
  const { signal, run } = context;
  if (signal.aborted) throw stopped();
  const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name)) as [string, string][];
  const tail: string[] = [];
  const timeout = AbortSignal.timeout(MAX_RUN_MS);
  const { code, missing, why } = await run({
    command,
    args,
    cwd,
    env: { ...Object.fromEntries(passed), ...context.env },
    signal: AbortSignal.any([signal, timeout]),
    onLine(line) {
      tail.push(line);
      if (tail.length > TAIL) tail.shift();
      context.onLine(line);
    },
  });
  if (code === 0) return;
  if (signal.aborted) throw stopped();
  if (missing) throw notFound(command);
  const how = timeout.aborted
    ? `did not finish within ${MAX_RUN_MS / 60_000} minutes`
    : code === undefined
      ? why
      : `exited with code ${code}`;
  throw new GatewayError('PLUGIN_FAILED', `${nameOf(command, args)} ${how}:\n${tail.join('\n')}`);
}

// The tool and its subcommand, without paths.
function nameOf(command: string, args: readonly string[]): string {
  return [basename(command), ...args.filter((arg) => /^[a-z]/.test(arg)).slice(0, 2)].join(' ');
}

/** The error of an install that was cancelled because its plugin was stopped. */
export function stopped(): GatewayError {
  return new GatewayError('PLUGIN_UNAVAILABLE', 'The plugin was stopped while it was being installed.');
}

const FIXES: Readonly<Record<string, string>> = {
  go: 'Install Go (https://go.dev/dl, or your system’s package) and make sure that `go` is on PATH.',
  python3: 'Install Python 3.10 or later and make sure that `python3` is on PATH.',
};

function notFound(command: string): GatewayError {
  const fix = FIXES[command];
  return new GatewayError(
    'DEPENDENCY_MISSING',
    `${command} is required to build this plugin, but was not found on PATH.`,
    fix === undefined ? {} : { fix },
  );
}
