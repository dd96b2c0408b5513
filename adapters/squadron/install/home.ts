import { join, resolve } from 'node:path';
import { GatewayError } from '../../../src/core/errors.ts';

/** Pattern of plugin names, which are also folder names. */
export const NAME = /^[a-z_][a-z0-9_]*$/;
/** Names reserved in Squadron's files. */
export const RESERVED: ReadonlySet<string> = new Set(['http', 'dataset', 'utils', 'human', 'mcp']);
/** Pattern of versions: a release tag, or `local`. */
export const VERSION = /^(local|v?\d+\.\d+\.\d+(-[a-zA-Z0-9.-]+)?(\+[a-zA-Z0-9.-]+)?)$/;

const OS: Readonly<Record<string, string>> = { win32: 'windows' };
const ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** This platform in Go's naming, such as `linux-amd64`. */
export const PLATFORM = { os: OS[process.platform] ?? process.platform, arch: ARCH[process.arch] ?? process.arch } as const;

/** File name of a Go plugin. */
export const PROGRAM = process.platform === 'win32' ? 'plugin.exe' : 'plugin';

/** Folder of installed plugins, shared with Squadron itself. `root`: the folder of mcp.json. */
export function findHome(root: string, flag?: string): string {
  const named = flag ?? process.env.SQUADRON_HOME;
  return named === undefined || named === '' ? join(root, '.squadron') : resolve(named);
}

/** The folder of one installed version. Throws CONFIG_INVALID if name or version is invalid, because they form the path. */
export function installFolder(home: string, name: string, version: string): string {
  if (!NAME.test(name)) {
    throw new GatewayError(
      'CONFIG_INVALID',
      `"${name}" is not a valid Squadron plugin name: use lower-case letters, digits and "_", not starting with a digit.`,
      {
        fix: 'Rename it: its key in mcp.json, or its block.',
      },
    );
  }
  if (RESERVED.has(name))
    throw new GatewayError('CONFIG_INVALID', `The name "${name}" is reserved by Squadron.`, {
      fix: 'Rename it: its key in mcp.json, or its block.',
    });
  if (!VERSION.test(version)) {
    throw new GatewayError('CONFIG_INVALID', `"${version}" is not a valid plugin version.`, {
      fix: 'Write a release tag such as v1.2.3, or "local".',
    });
  }
  return join(home, 'plugins', `${PLATFORM.os}-${PLATFORM.arch}`, name, version);
}
