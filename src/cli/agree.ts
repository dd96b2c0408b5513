import { createInterface } from 'node:readline/promises';
import { UsageError } from './context.ts';

/** Asks for confirmation at the terminal. Throws UsageError without a terminal: `--yes` is needed then. */
export async function agrees(question: string, whether: string): Promise<boolean> {
  if (process.stdin.isTTY !== true)
    throw new UsageError(`Confirming that ${whether} requires a terminal.`, 'Run the command again with --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
