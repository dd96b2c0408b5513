import { readFileSync, rmSync, writeFileSync } from 'node:fs';

// The last line of a process that ends is sent by the next process while it starts.
const file = () => `${process.env.FUZZ_SENT}.next`;

export const keepForNextStart = (line) => writeFileSync(file(), line);

/** The line that the previous process stored; undefined if there is none. */
export function takeFromLastStart() {
  try {
    const line = readFileSync(file(), 'utf8');
    rmSync(file());
    return line;
  } catch {
    return undefined;
  }
}
