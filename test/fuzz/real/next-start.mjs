import { readFileSync, rmSync, writeFileSync } from 'node:fs';

// A process that ends has its last line sent by the next one, while that one starts.
const file = () => `${process.env.FUZZ_SENT}.next`;

export const keepForNextStart = (line) => writeFileSync(file(), line);

/** The line that the process before this one kept; undefined if there is none. */
export function takeFromLastStart() {
  try {
    const line = readFileSync(file(), 'utf8');
    rmSync(file());
    return line;
  } catch {
    return undefined;
  }
}
