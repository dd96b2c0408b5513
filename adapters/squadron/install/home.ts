import { join, resolve } from 'node:path';
import { GatewayError } from '../../../src/core/errors.ts';

/** A plugin's name: also its folder's. */
export const NAME = /^[a-z_][a-z0-9_]*$/;
/** Names that mean something else in Squadron's own files. */
export const RESERVED: ReadonlySet<string> = new Set(['http', 'dataset', 'utils', 'human', 'mcp']);
/** A release's tag, or `local`. */
export const VERSION = /^(local|v?\d+\.\d+\.\d+(-[a-zA-Z0-9.-]+)?(\+[a-zA-Z0-9.-]+)?)$/;

const OS: Readonly<Record<string, string>> = { win32: 'windows' };
const ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** This machine in Go's words, such as `linux-amd64`. */
export const PLATFORM = { os: OS[process.platform] ?? process.platform, arch: ARCH[process.arch] ?? process.arch } as const;

/** What a Go plugin's program is called. */
export const PROGRAM = process.platform === 'win32' ? 'plugin.exe' : 'plugin';

/** Where plugins are installed, shared with Squadron itself. `root` is the folder of mcp.json. */
export function findHome(root: string, flag?: string): string {
  const named = flag ?? process.env.SQUADRON_HOME;
  return named === undefined || named === '' ? join(root, '.squadron') : resolve(named);
}

/** The folder of one installed version. Throws where name or version could lead elsewhere. */
export function installFolder(home: string, name: string, version: string): string {
  if (!NAME.test(name)) {
    throw new GatewayError(
      'CONFIG_INVALID',
      `"${name}" is no name of a Squadron plugin: lower-case letters, digits and "_", not starting with a digit.`,
      {
        fix: 'Rename it: its key in mcp.json, or its block.',
      },
    );
  }
  if (RESERVED.has(name))
    throw new GatewayError('CONFIG_INVALID', `"${name}" is a name that Squadron keeps for itself.`, {
      fix: 'Rename it: its key in mcp.json, or its block.',
    });
  if (!VERSION.test(version)) {
    throw new GatewayError('CONFIG_INVALID', `"${version}" is no version of a plugin.`, {
      fix: 'Write a release tag such as v1.2.3, or "local".',
    });
  }
  return join(home, 'plugins', `${PLATFORM.os}-${PLATFORM.arch}`, name, version);
}
