import { dirname, sep } from 'node:path';
import { GatewayError, toError } from '../../core/errors.ts';
import { installCommand } from './install-command.ts';
import type { LoadRequest } from './load-request.ts';
import { explainNative } from './native-errors.ts';

const UNLINKED = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNSUPPORTED_DIR_IMPORT', 'ERR_PACKAGE_PATH_NOT_EXPORTED']);
const MISSING = /Cannot find (?:package|module) '(?:plugmux-missing:)?((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/[^']*)?'/;
const IMPORTER = / imported from (.+)$/m;

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
  const native = explainNative(error, request);
  if (native) return native;
  const { message } = toError(error);
  const name = MISSING.exec(message)?.[1];
  if (name === undefined) return undefined;
  const importer = (error as { requireStack?: unknown[] }).requireStack?.[0] ?? IMPORTER.exec(message)?.[1];
  return new GatewayError('DEPENDENCY_MISSING', `It needs ${name} (not installed).`, {
    fix: installCommand([{ name, importer: typeof importer === 'string' ? importer : undefined }], request),
    field: name,
    cause: error,
  });
}

/** The same for what a plugin's function has thrown: a package that it loads only then. Another error with such words is its own. */
export function explainThrown(error: unknown, request: LoadRequest): GatewayError | undefined {
  if (!(error instanceof Error)) return undefined;
  return isUnlinked(error) ? explainMissing(error, request) : explainNative(error, request);
}
