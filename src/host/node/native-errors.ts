import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError, toError } from '../../core/errors.ts';
import { buildCommand, rebuildCommand } from './install-command.ts';
import { installFolder, projectNamed } from './install-folder.ts';
import type { LoadRequest } from './load-request.ts';

/** Errors of addon loaders for an addon that was not built, and of Node for one built for another platform. */
const SIGNS =
  /Could not locate the bindings file|No native build was found|compiled against a different Node\.js version|Module did not self-register|invalid ELF header|\.node['"]?$/m;
const LIBRARY = /^(?!\/)([^\s:]+\.(?:so|dylib|dll)[\w.]*): cannot open shared object file/m;
const PACKAGE = /node_modules[/\\]((?:@[\w.-]+[/\\])?[\w.-]+)(?!.*node_modules)/;
/** Packages that load the addon of another package. */
const LOADERS = /node_modules[/\\](?:bindings|node-gyp-build|node-gyp-build-optional-packages|@mapbox[/\\]node-pre-gyp|pkg-prebuilds)[/\\]/;
/** Path of the addon, or the folder of its package. */
const PLACE = /(?:loaded from: |\\\\\?\\)?((?:file:\/\/)?(?:\/|[A-Za-z]:\\)[^\n'"()]*?)(?:\.node\b|$)/m;

/** DEPENDENCY_MISSING if the cause is a native addon that cannot be loaded; otherwise undefined. */
export function explainNative(error: unknown, request: LoadRequest): GatewayError | undefined {
  const { message, stack = '' } = toError(error);
  if ((error as NodeJS.ErrnoException).code !== 'ERR_DLOPEN_FAILED' && !SIGNS.test(message)) return undefined;
  const library = LIBRARY.exec(message)?.[1];
  if (library !== undefined)
    return new GatewayError('DEPENDENCY_MISSING', `A native addon needs the library ${library}, which is not installed.`, {
      fix: `Install the package of the operating system that contains ${library}.`,
      cause: error,
    });
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line) && !LOADERS.test(line));
  const text = `${message}\n${frames.join('\n')}`;
  const own = ownFolder(message);
  const name = own === undefined ? (PACKAGE.exec(text)?.[1] ?? '') : '';
  const fix = own === undefined ? rebuildCommand(projectNamed(text) ?? installFolder({ name }, request), name, text) : buildCommand(own);
  const what = `The native addon of ${own ?? (name || 'a package')} was not built for this machine`;
  return new GatewayError('DEPENDENCY_MISSING', `${what}: ${causeIn(message)}`, { fix, cause: error });
}

// The folder of an addon that belongs to a project itself, not to an installed package.
function ownFolder(message: string): string | undefined {
  const named = PLACE.exec(message)?.[1];
  if (named === undefined || /[/\\]node_modules[/\\]/.test(named)) return undefined;
  for (let dir = named.startsWith('file:') ? fileURLToPath(named) : named; dir !== dirname(dir); dir = dirname(dir))
    if (existsSync(join(dir, 'binding.gyp')) && existsSync(join(dir, 'package.json'))) return dir;
  return undefined;
}

// For a version mismatch, Node names the versions in further lines.
function causeIn(message: string): string {
  const [first = '', ...more] = message.split('\n');
  const all = /compiled against a different/.test(message) ? [first, ...more].join(' ').replace(/ Please try.*$/, '') : first;
  return `${all.replace(/\. Tried:$/, '').replace(/\.$/, '')}.`;
}
