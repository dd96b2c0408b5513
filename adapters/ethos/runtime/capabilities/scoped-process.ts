import { spawn } from 'node:child_process';
import { basename } from 'node:path';

const MAX_BYTES = 8 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 60_000;

interface Options {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeout?: number;
}

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the programs that a tool declared: without a shell or stdin, killed when the call ends. */
export function createScopedProcess(allowed: readonly string[], workingDir: string, signal: AbortSignal): object {
  return {
    spawn(binary: unknown, args: unknown = [], options: Options = {}): Promise<Ended> {
      if (typeof binary !== 'string' || !isAllowed(binary, allowed)) {
        return Promise.reject(new Error(`BINARY_NOT_ALLOWED: the tool did not declare "${String(binary)}".`));
      }
      if (!Array.isArray(args)) return Promise.reject(new Error('Program arguments must be a list of strings.'));
      return run(binary, args.map(String), options, workingDir, signal);
    },
  };
}

// A bare name is looked up in PATH. A path must be declared exactly.
function isAllowed(binary: string, allowed: readonly string[]): boolean {
  if (binary.includes('\0') || binary === '') return false;
  return allowed.includes(binary) && (binary === basename(binary) || binary.startsWith('/'));
}

function run(binary: string, args: string[], options: Options, workingDir: string, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, {
      cwd: options.cwd ?? workingDir,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: false,
      windowsHide: true,
      signal,
      killSignal: 'SIGKILL',
      timeout: options.timeout ?? DEFAULT_TIMEOUT_MS,
    });
    const out = collect(child.stdout);
    const err = collect(child.stderr);
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? 1, stdout: out(), stderr: err() }));
  });
}

// Output over the limit is read and dropped, so that the program does not block.
function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let left = MAX_BYTES;
  stream.on('data', (chunk: Buffer) => {
    if (left > 0) chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
