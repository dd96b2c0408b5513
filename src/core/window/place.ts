import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { VERSION } from '../package.ts';

/** Unix sockets have paths of at most 104 to 108 bytes, and the lock file's name is longer than the socket's. */
const MAX_PATH = 100;

/** Where the gateways of one state folder listen for windows. */
export interface WindowPlace {
  /** A folder that only its owner can enter. */
  readonly folder: string;
  /** The socket of gateways of this version and build. */
  readonly socket: string;
  /** Held while a gateway takes the socket. */
  readonly lock: string;
}

/** The place for a state folder and a program file. Creates nothing. */
export function windowPlace(state: string, program: string): WindowPlace {
  const name = `${buildOf(program)}.sock`;
  const own = `plugmux-${userInfo().uid}-${digest(state).slice(0, 12)}`;
  const last = join('/tmp', own);
  // A longer path would be cut silently, and the socket would lie in another folder.
  const folder = [join(state, 'run'), join(tmpdir(), own)].find((one) => Buffer.byteLength(join(one, name)) <= MAX_PATH) ?? last;
  return { folder, socket: join(folder, name), lock: join(folder, 'lock') };
}

/** Why a folder may not be used: another user could have put a socket there. Undefined if it may. */
export function folderFault(folder: string): string | undefined {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (!stat) return 'it does not exist';
  if (!stat.isDirectory()) return 'it is not a folder';
  if (stat.uid !== userInfo().uid) return 'it belongs to another user';
  return (stat.mode & 0o077) === 0 ? undefined : 'other users can enter it';
}

/** Creates the folder of a place. Throws if it exists and may not be used. */
export function createFolder({ folder }: WindowPlace): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fault = folderFault(folder);
  if (fault !== undefined) throw new Error(`${folder} cannot be used: ${fault}`);
}

// Programs of another version or build speak another protocol, perhaps. The file's time stands for its content.
function buildOf(program: string): string {
  const file = realpathSync(program);
  const { size, mtimeMs } = statSync(file);
  return digest(JSON.stringify([VERSION, file, size, mtimeMs])).slice(0, 16);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
