import { spawn } from 'node:child_process';
import { GatewayError } from '../../../src/core/errors.ts';
import { createLineSplitter } from '../../../src/core/lines.ts';
import { escapeHidden } from '../../../src/core/text.ts';

/** What build tools work with. */
export interface ToolContext {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Hears every line a tool prints, on either stream. */
  heard(line: string): void;
  /** Hears what is being done, in words. */
  step(text: string): void;
}

/** One run of a build tool. */
export interface ToolRun extends Omit<ToolContext, 'step'> {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

const LONGEST_RUN_MS = 15 * 60_000;
const LONGEST_LINE = 8 * 1024;
const TAIL = 12;
// What build tools need to find their compilers, caches, proxies and certificates.
const PASSED =
  /^(PATH|HOME|USER|LANG|LC_\w+|TMP|TEMP|TMPDIR|GO\w*|CGO_\w+|CC|CXX|PIP_\w+|XDG_CACHE_HOME|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|(https?|all|no)_proxy|SystemRoot|ComSpec|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA)$/i;

/** Runs a build tool to its end. Throws with the last lines it printed where it fails. */
export function runTool({ command, args, cwd, env, signal, heard }: ToolRun): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(stopped());
    const passed = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name)));
    const child = spawn(command, args, {
      cwd,
      env: { ...passed, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      shell: false,
      windowsHide: true,
    });
    const tail: string[] = [];
    const line = (text: string): void => {
      tail.push(text);
      if (tail.length > TAIL) tail.shift();
      heard(text);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on(
        'data',
        createLineSplitter(LONGEST_LINE, { line: (bytes) => line(escapeHidden(bytes.toString())), tooLong: () => undefined }),
      );
    }
    let late = false;
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    };
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, LONGEST_RUN_MS);
    signal.addEventListener('abort', kill, { once: true });
    const end = (error?: GatewayError): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
      if (error) reject(error);
      else resolve();
    };
    child.on('error', (error: NodeJS.ErrnoException) =>
      end(
        error.code === 'ENOENT'
          ? missing(command)
          : new GatewayError('PLUGIN_FAILED', `${command} could not be started: ${error.message}.`),
      ),
    );
    child.on('close', (code, signalName) => {
      if (code === 0) return end();
      if (signal.aborted) return end(stopped());
      const how = late
        ? `did not end within ${LONGEST_RUN_MS / 60_000} minutes`
        : signalName
          ? `was ended by ${signalName}`
          : `exited with code ${code}`;
      end(new GatewayError('PLUGIN_FAILED', `${[command, ...args].slice(0, 3).join(' ')} ${how}:\n${tail.join('\n')}`));
    });
  });
}

/** An install that was given up because its plugin is no longer wanted. */
export function stopped(): GatewayError {
  return new GatewayError('PLUGIN_UNAVAILABLE', 'The plugin was stopped while it was being installed.');
}

const FIXES: Readonly<Record<string, string>> = {
  go: 'Install Go (https://go.dev/dl, or your system’s package) and make sure that `go` is on PATH.',
  python3: 'Install Python 3.10 or later and make sure that `python3` is on PATH.',
};

function missing(command: string): GatewayError {
  const fix = FIXES[command];
  return new GatewayError(
    'DEPENDENCY_MISSING',
    `${command} is needed to build this plugin and was not found on PATH.`,
    fix === undefined ? {} : { fix },
  );
}
