import { dirname, sep } from 'node:path';
import { GatewayError, toError } from '../../core/errors.ts';
import { installCommand } from './install-command.ts';
import type { LoadRequest } from './load-request.ts';
import { explainNative } from './native-errors.ts';

const UNLINKED = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNSUPPORTED_DIR_IMPORT', 'ERR_PACKAGE_PATH_NOT_EXPORTED']);
const MISSING = /Cannot find (?:package|module) '(?:plugmux-missing:)?((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/[^']*)?'/;
const IMPORTER = / imported from (.+)$/m;

/** Whether an import failed while linking, before any of its code ran. */
export function isUnlinked(error: unknown): boolean {
  const { code, message, name } = error as NodeJS.ErrnoException;
  return UNLINKED.has(code ?? '') || (name === 'SyntaxError' && /does not provide an export named/.test(message));
}

// The innermost stack frame in the plugin's own files, relative to its folder.
function placeIn(stack: string, folder: string): string | undefined {
  const line = stack
    .split('\n')
    .find((frame) => /^\s+at /.test(frame) && frame.includes(`${folder}${sep}`) && !frame.includes('node_modules'));
  return line?.slice(line.indexOf(folder) + folder.length + 1).match(/^.+:\d+:\d+/)?.[0];
}

/** Adds the place in the plugin's source to an error, or explains a missing or unbuilt package. */
export function explainImport(error: unknown, request: LoadRequest): unknown {
  if (error instanceof GatewayError) return error;
  const missing = explainMissing(error, request);
  if (missing) return missing;
  const { message, stack = '' } = toError(error);
  const place = placeIn(stack, dirname(request.entry));
  return place === undefined
    ? error
    : new GatewayError('PLUGIN_FAILED', `${message} (${place})`, { fix: 'Correct the source at the named line.', cause: error });
}

/** DEPENDENCY_MISSING if the cause is a missing or unbuilt package; otherwise undefined. */
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

/** Like `explainMissing`, for an error that a plugin's function threw, possibly by importing a package on demand. */
export function explainThrown(error: unknown, request: LoadRequest): GatewayError | undefined {
  if (!(error instanceof Error)) return undefined;
  return isUnlinked(error) ? explainMissing(error, request) : explainNative(error, request);
}
