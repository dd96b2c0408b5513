import { basename } from 'node:path';
import type { Host } from '../../../src/core/contract/host.ts';
import { GatewayError } from '../../../src/core/errors.ts';

/** What build tools work with. */
export interface ToolContext {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Runs one of them. */
  readonly run: Host['run'];
  /** Hears every line a tool prints, on either stream. */
  heard(line: string): void;
  /** Hears what is being done, in words. */
  step(text: string): void;
}

const MAX_RUN_MS = 15 * 60_000;
const TAIL = 12;
// What build tools need to find their compilers, caches and certificates; the host adds the proxies.
const PASSED = /^(USER|LC_\w+|GO\w*|CGO_\w+|CC|CXX|PIP_\w+|XDG_CACHE_HOME|SSL_CERT_\w+|REQUESTS_CA_BUNDLE)$/i;

/** Runs a build tool to its end. Throws with the last lines it printed where it fails. */
export async function runTool(command: string, args: readonly string[], cwd: string, context: ToolContext): Promise<void> {
  const { signal, heard, run } = context;
  if (signal.aborted) throw stopped();
  const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name)) as [string, string][];
  const tail: string[] = [];
  const late = AbortSignal.timeout(MAX_RUN_MS);
  const { code, missing, why } = await run({
    command,
    args,
    cwd,
    env: { ...Object.fromEntries(passed), ...context.env },
    signal: AbortSignal.any([signal, late]),
    onLine(line) {
      tail.push(line);
      if (tail.length > TAIL) tail.shift();
      heard(line);
    },
  });
  if (code === 0) return;
  if (signal.aborted) throw stopped();
  if (missing) throw notFound(command);
  const how = late.aborted ? `did not end within ${MAX_RUN_MS / 60_000} minutes` : code === undefined ? why : `exited with code ${code}`;
  throw new GatewayError('PLUGIN_FAILED', `${nameOf(command, args)} ${how}:\n${tail.join('\n')}`);
}

// The tool and what it was to do, without the paths.
function nameOf(command: string, args: readonly string[]): string {
  return [basename(command), ...args.filter((arg) => /^[a-z]/.test(arg)).slice(0, 2)].join(' ');
}

/** An install that was given up because its plugin is no longer wanted. */
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
    `${command} is needed to build this plugin and was not found on PATH.`,
    fix === undefined ? {} : { fix },
  );
}
