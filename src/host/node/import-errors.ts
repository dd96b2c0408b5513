import { dirname, sep } from 'node:path';
import { GatewayError, toError } from '../../core/errors.ts';
import type { LoadRequest } from './load-request.ts';

const UNLINKED = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNSUPPORTED_DIR_IMPORT', 'ERR_PACKAGE_PATH_NOT_EXPORTED']);
const MISSING = /Cannot find (?:package|module) '(?:plugmux-missing:)?((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/[^']*)?'/;
const NATIVE = /Could not locate the bindings file|compiled against a different Node\.js version|invalid ELF header|\.node['"]?$/m;
const PACKAGE = /node_modules[/\\]((?:@[\w.-]+[/\\])?[\w.-]+)(?!.*node_modules)/;

/** Whether an import failed before any of its code ran, because something it names was not found. */
export function isUnlinked(error: unknown): boolean {
  const { code, message, name } = error as NodeJS.ErrnoException;
  return UNLINKED.has(code ?? '') || (name === 'SyntaxError' && /does not provide an export named/.test(message));
}

// The plugin's own line nearest to where an error was thrown, as a path in its folder.
function placeIn(stack: string, folder: string): string | undefined {
  const line = stack
    .split('\n')
    .find((frame) => /^\s+at /.test(frame) && frame.includes(`${folder}${sep}`) && !frame.includes('node_modules'));
  return line?.slice(line.indexOf(folder) + folder.length + 1).match(/^.+:\d+:\d+/)?.[0];
}

/** The same error with its place in the plugin, or one that names the package that is missing or was never built. */
export function explainImport(error: unknown, { entry, moduleRoots }: LoadRequest): unknown {
  if (error instanceof GatewayError) return error;
  const { message, stack = '' } = toError(error);
  const target = moduleRoots[0] ?? dirname(entry);
  if (NATIVE.test(message)) {
    const name = PACKAGE.exec(`${message}\n${stack}`)?.[1] ?? '';
    return new GatewayError(
      'DEPENDENCY_MISSING',
      `The native part of ${name || 'a package'} was not built for this machine: ${message.split('\n')[0]}`,
      {
        fix: `npm rebuild --prefix ${target}${name ? ` ${name}` : ''} (this runs the package's own build scripts)`,
        cause: error,
      },
    );
  }
  const missing = MISSING.exec(message)?.[1];
  if (missing === undefined) {
    const place = placeIn(stack, dirname(entry));
    return place === undefined
      ? error
      : new GatewayError('PLUGIN_FAILED', `${message} (${place})`, { fix: 'Correct the source at the place named.', cause: error });
  }
  return new GatewayError('DEPENDENCY_MISSING', `It needs ${missing} (not installed).`, {
    fix: `npm install --ignore-scripts --prefix ${target} ${missing}`,
    field: missing,
    cause: error,
  });
}
