import { statSync } from 'node:fs';

/** A text that differs once one of the files has been written, replaced, made or removed. */
export function stampOf(files: readonly string[]): string {
  return files.map((file) => `${changedAt(file) ?? 'none'} `).join('');
}

// Why a file cannot be looked at is said by whoever reads it.
function changedAt(file: string): number | undefined {
  try {
    return statSync(file).ctimeMs;
  } catch {
    return undefined;
  }
}
