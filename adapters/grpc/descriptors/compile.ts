import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Host } from '../../../src/core/contract/host.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { GrpcOptions } from '../options.ts';

const KEPT_LINES = 12;

/** Compiles `.proto` files to a descriptor set, kept in the cache until one of them changes. */
export async function compile(files: readonly string[], options: GrpcOptions, host: Host, signal: AbortSignal): Promise<Uint8Array> {
  const { protoPaths, protoc } = options;
  const roots = [...new Set([...protoPaths, ...files.map((file) => dirname(file))])];
  const folder = join(host.cacheDir, 'grpc');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.compiled-${randomBytes(4).toString('hex')}.binpb`);
  try {
    // The compiler also says which imports it read, and an import that changes counts as much as the file itself: so it runs at
    // every start, which takes milliseconds, and only its failure falls back to what it made before.
    const kept = join(folder, `compiled-${keyOf(files, roots)}.binpb`);
    const failure = await run(protoc, files, roots, draft, host, signal);
    if (failure === undefined) renameSync(draft, kept);
    else if (failure.code !== 'DEPENDENCY_MISSING' || !existsSync(kept)) throw failure;
    else host.log.warn(`${failure.message} The descriptors compiled before are used.`);
    return readFileSync(kept);
  } finally {
    rmSync(draft, { force: true });
  }
}

function keyOf(files: readonly string[], roots: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([files, roots]));
  for (const file of files) hash.update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 32);
}

// Undefined once the set is written.
async function run(
  named: string | undefined,
  files: readonly string[],
  roots: readonly string[],
  out: string,
  host: Host,
  signal: AbortSignal,
): Promise<GatewayError | undefined> {
  const programs = named === undefined ? ['protoc', 'buf'] : [named];
  for (const program of programs) {
    const lines: string[] = [];
    const end = await host.run({
      command: program,
      args: basename(program).startsWith('buf') ? toBufArguments(files, roots, out) : toProtocArguments(files, roots, out),
      cwd: roots[0] as string,
      env: {},
      signal,
      onLine: (line) => {
        if (lines.length < KEPT_LINES) lines.push(line);
      },
    });
    if (end.missing) continue;
    if (end.code === 0) return undefined;
    return new GatewayError('MANIFEST_INVALID', `${basename(program)} cannot compile the .proto files: ${lines.join('; ') || end.why}.`, {
      field: 'descriptors',
      fix: 'Correct the files, or set "protoPaths" to the folders of their imports.',
    });
  }
  return new GatewayError('DEPENDENCY_MISSING', `No compiler of .proto files was found (tried: ${programs.join(', ')}).`, {
    field: 'protoc',
    fix: 'Install protoc or buf (npm install -g @bufbuild/buf, or pip install grpcio-tools), or set "descriptors" to a descriptor set.',
  });
}

// All paths are absolute, so none can be taken for a flag; protoc has no `--`.
function toProtocArguments(files: readonly string[], roots: readonly string[], out: string): string[] {
  return [
    '--include_imports',
    '--include_source_info',
    `--descriptor_set_out=${out}`,
    ...roots.map((root) => `--proto_path=${root}`),
    ...files,
  ];
}

// buf has one root; the files are named below it.
function toBufArguments(files: readonly string[], [root = '.']: readonly string[], out: string): string[] {
  return ['build', root, '-o', out, ...files.flatMap((file) => ['--path', join(root, relative(root, file))])];
}
