import { statSync } from 'node:fs';

/** A text that changes when one of the files is written, replaced, created or removed. */
export function stampOf(files: readonly string[]): string {
  return files.map((file) => `${changedAt(file) ?? 'none'} `).join('');
}

// Errors are reported when the file is read.
function changedAt(file: string): number | undefined {
  try {
    return statSync(file).ctimeMs;
  } catch {
    return undefined;
  }
}
