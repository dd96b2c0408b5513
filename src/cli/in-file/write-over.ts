import { lstatSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileFault } from '../../core/file-fault.ts';
import { UsageError } from '../context.ts';
import { writeLike } from './replace-file.ts';

/** Writes a file as a whole, whether or not it exists; keeps its mode and a link to it. Throws UsageError if it cannot be written. */
export function writeOver(file: string, content: Buffer): void {
  try {
    if (lstatSync(file, { throwIfNoEntry: false })) replace(realpathSync(file), content);
    else moveInto(file, (draft) => writeFileSync(draft, content, { flag: 'wx', flush: true }));
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${fileFault(error)}.`, 'Delete what is in its place, or make its folder writable.');
  }
}

function replace(target: string, content: Buffer): void {
  const stats = statSync(target);
  if (!stats.isFile()) throw new Error(stats.isDirectory() ? 'it is a folder' : 'it is not a file');
  moveInto(target, (draft) => writeLike(draft, content, target));
}

function moveInto(file: string, write: (draft: string) => void): void {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    write(draft);
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}
