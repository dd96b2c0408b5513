const FAULTS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'it does not exist'],
  ['EACCES', 'permission is denied'],
  ['EPERM', 'permission is denied'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of its path is not a folder'],
  ['ELOOP', 'it is a loop of links'],
  ['EROFS', 'it is on a read-only file system'],
  ['ENOSPC', 'the disk is full'],
  ['EBUSY', 'it is in use, or a mount point'],
  ['ERR_ENCODING_INVALID_ENCODED_DATA', 'it is not text in UTF-8'],
]);

/** Why a file or folder could not be read or written, as the end of a sentence. */
export function fileFault(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return FAULTS.get(code) ?? message;
}
