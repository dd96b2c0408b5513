import { dirname, sep } from 'node:path';
import { GatewayError, toError } from '../../core/errors.ts';
import { installCommand, rebuildCommand } from './install-command.ts';
import { installFolder, projectNamed } from './install-folder.ts';
import type { LoadRequest } from './load-request.ts';

const UNLINKED = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNSUPPORTED_DIR_IMPORT', 'ERR_PACKAGE_PATH_NOT_EXPORTED']);
const MISSING = /Cannot find (?:package|module) '(?:plugmux-missing:)?((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/[^']*)?'/;
const IMPORTER = / imported from (.+)$/m;
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
export function explainImport(error: unknown, request: LoadRequest): unknown {
  if (error instanceof GatewayError) return error;
  const missing = explainMissing(error, request);
  if (missing) return missing;
  const { message, stack = '' } = toError(error);
  const place = placeIn(stack, dirname(request.entry));
  return place === undefined
    ? error
    : new GatewayError('PLUGIN_FAILED', `${message} (${place})`, { fix: 'Correct the source at the place named.', cause: error });
}

/** An error that names the package that is missing or was never built, where that is what went wrong. */
export function explainMissing(error: unknown, request: LoadRequest): GatewayError | undefined {
  if (error instanceof GatewayError) return undefined;
  const { message, stack = '' } = toError(error);
  if (NATIVE.test(message)) {
    const name = PACKAGE.exec(`${message}\n${stack}`)?.[1] ?? '';
    const place = projectNamed(`${message}\n${stack}`) ?? installFolder({ name }, request);
    return new GatewayError(
      'DEPENDENCY_MISSING',
      `The native part of ${name || 'a package'} was not built for this machine: ${message.split('\n')[0]}`,
      { fix: rebuildCommand(place, name, `${message}\n${stack}`), cause: error },
    );
  }
  const name = MISSING.exec(message)?.[1];
  if (name === undefined) return undefined;
  const importer = (error as { requireStack?: unknown[] }).requireStack?.[0] ?? IMPORTER.exec(message)?.[1];
  return new GatewayError('DEPENDENCY_MISSING', `It needs ${name} (not installed).`, {
    fix: installCommand([{ name, importer: typeof importer === 'string' ? importer : undefined }], request),
    field: name,
    cause: error,
  });
}
