import { createInterface } from 'node:readline/promises';
import { UsageError } from './context.ts';

/** Asks the person at the terminal; where there is no terminal, `--yes` has to be given instead. */
export async function agrees(question: string, whether: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) throw new UsageError(`There is no terminal to ask whether ${whether}.`, 'Run it again with --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
