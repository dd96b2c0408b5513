import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileFault } from '../core/file-fault.ts';
import { UsageError } from './context.ts';

/** Writes a file that the user named on the command line. Throws UsageError if it cannot be written. */
export function writeOut(file: string, text: string): void {
  const folder = dirname(file);
  if (!existsSync(folder)) throw new UsageError(`The folder ${folder} does not exist.`, 'Create it, or name another file.');
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${fileFault(error)}.`, 'Name another file.');
  }
}
