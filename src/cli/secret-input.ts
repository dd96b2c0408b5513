import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from './context.ts';

const MAX_LENGTH = 1024 * 1024;

/** Reads the value of each secret: from a prompt that shows nothing, or from stdin, one line each. */
export async function readSecretValues(keys: readonly string[]): Promise<Record<string, string>> {
  const values = process.stdin.isTTY === true ? await prompt(keys) : await readLines(keys);
  return Object.fromEntries(keys.map((key, i) => [key, values[i] ?? '']));
}

async function prompt(keys: readonly string[]): Promise<string[]> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    const values: string[] = [];
    for (const key of keys) {
      process.stderr.write(`${key}: `);
      values.push(await terminal.question(''));
      process.stderr.write('\n');
    }
    return values;
  } finally {
    terminal.close();
  }
}

// A single secret may have several lines, such as a private key.
async function readLines(keys: readonly string[]): Promise<string[]> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_LENGTH) throw new UsageError('The secrets on stdin are longer than 1 MB.', 'Write one line for each --secret.');
  }
  const whole = text.replace(/\r?\n$/, '');
  const values = keys.length === 1 ? [whole] : whole.split(/\r?\n/);
  if (values.length === keys.length && values.every((value) => value !== '')) return values;
  throw new UsageError(`stdin has no value for each of: ${keys.join(', ')}.`, 'Write one line for each --secret, in their order.');
}
