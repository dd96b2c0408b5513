import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError, toError } from '../../core/errors.ts';
import { buildCommand, rebuildCommand } from './install-command.ts';
import { installFolder, projectNamed } from './install-folder.ts';
import type { LoadRequest } from './load-request.ts';

/** What the loaders of native parts say of one that was never built, and Node of one that was built for something else. */
const SIGNS =
  /Could not locate the bindings file|No native build was found|compiled against a different Node\.js version|Module did not self-register|invalid ELF header|\.node['"]?$/m;
const LIBRARY = /^(?!\/)([^\s:]+\.(?:so|dylib|dll)[\w.]*): cannot open shared object file/m;
const PACKAGE = /node_modules[/\\]((?:@[\w.-]+[/\\])?[\w.-]+)(?!.*node_modules)/;
/** Packages that look for the native part of another one. */
const LOADERS = /node_modules[/\\](?:bindings|node-gyp-build|node-gyp-build-optional-packages|@mapbox[/\\]node-pre-gyp|pkg-prebuilds)[/\\]/;
/** The file that was looked for or loaded, or the folder of its package. */
const PLACE = /(?:loaded from: |\\\\\?\\)?((?:file:\/\/)?(?:\/|[A-Za-z]:\\)[^\n'"()]*?)(?:\.node\b|$)/m;

/** An error that names the native part that cannot be loaded and what builds it, where that is what went wrong. */
export function explainNative(error: unknown, request: LoadRequest): GatewayError | undefined {
  const { message, stack = '' } = toError(error);
  if ((error as NodeJS.ErrnoException).code !== 'ERR_DLOPEN_FAILED' && !SIGNS.test(message)) return undefined;
  const library = LIBRARY.exec(message)?.[1];
  if (library !== undefined)
    return new GatewayError('DEPENDENCY_MISSING', `A native part needs the library ${library}, which this machine does not have.`, {
      fix: `Install the package of the operating system that has ${library}.`,
      cause: error,
    });
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line) && !LOADERS.test(line));
  const text = `${message}\n${frames.join('\n')}`;
  const own = ownFolder(message);
  const name = own === undefined ? (PACKAGE.exec(text)?.[1] ?? '') : '';
  const fix = own === undefined ? rebuildCommand(projectNamed(text) ?? installFolder({ name }, request), name, text) : buildCommand(own);
  const what = `The native part of ${own ?? (name || 'a package')} was not built for this machine`;
  return new GatewayError('DEPENDENCY_MISSING', `${what}: ${said(message)}`, { fix, cause: error });
}

// The folder with a native part of its own that a message is about, where no project has installed that.
function ownFolder(message: string): string | undefined {
  const named = PLACE.exec(message)?.[1];
  if (named === undefined || /[/\\]node_modules[/\\]/.test(named)) return undefined;
  for (let dir = named.startsWith('file:') ? fileURLToPath(named) : named; dir !== dirname(dir); dir = dirname(dir))
    if (existsSync(join(dir, 'binding.gyp')) && existsSync(join(dir, 'package.json'))) return dir;
  return undefined;
}

// Node says which version it is about only in further lines.
function said(message: string): string {
  const [first = '', ...more] = message.split('\n');
  const all = /compiled against a different/.test(message) ? [first, ...more].join(' ').replace(/ Please try.*$/, '') : first;
  return `${all.replace(/\. Tried:$/, '').replace(/\.$/, '')}.`;
}
