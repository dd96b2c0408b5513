import { describe, expect, it } from 'vitest';
import { adapters } from '../../../dist/adapters/index.js';
import { createProgram } from '../../../dist/src/cli/command-line.js';
import { readStart } from '../../../src/cli/start-options.ts';

/** What the library makes of the same arguments; undefined if it refuses them or leaves some over. */
async function parsed(command: string, args: readonly string[]): Promise<object | undefined> {
  const program = await createProgram(adapters, command);
  const found = program.commands.find((one) => one.name() === command);
  found?.configureOutput({ writeErr: () => undefined }).exitOverride();
  try {
    const { operands, unknown } = found?.parseOptions([...args]) ?? { operands: ['none'], unknown: [] };
    return operands.length + unknown.length === 0 ? found?.opts() : undefined;
  } catch {
    return undefined;
  }
}

const USED: readonly (readonly [command: string, ...args: string[]])[] = [
  ['stdio'],
  ['stdio', '--config', 'a.json'],
  ['stdio', '--config=a=b.json', '--profile', 'reader', '--standalone'],
  ['stdio', '--config', 'a.json', '--config', 'b.json'],
  ['stdio', '--config', '--standalone'],
  ['stdio', '--profile', ''],
  ['stdio', '--log-level', 'debug'],
  ['serve'],
  ['serve', '--http', '127.0.0.1:0', '--json', '--config', 'a.json'],
  ['serve', '--http=:8808', '--log-level=silent'],
];
const LEFT: readonly (readonly [command: string, ...args: string[]])[] = [
  ['stdio', '--help'],
  ['stdio', '-h'],
  ['stdio', '--config'],
  ['stdio', '--http', '127.0.0.1:0'],
  ['stdio', 'more'],
  ['stdio', '--standalone=1'],
  ['stdio', '--'],
  ['stdio', '--constructor', 'x'],
  ['serve', '--profile', 'reader'],
  ['serve', '--toString'],
  ['serve', '--json', 'x'],
];

describe('the options of a start', () => {
  it.each(USED)('%s %s %s %s %s %s are those that the whole command line reads', async (command, ...args) => {
    const options = readStart(command, args);
    expect(options).toBeDefined();
    expect({ ...(command === 'stdio' ? { profile: 'default' } : {}), ...options }).toEqual(await parsed(command, args));
  });

  it.each(LEFT)('%s %s %s are left to the whole command line', (command, ...args) => {
    expect(readStart(command, args)).toBeUndefined();
  });

  it.each(['list', '', 'constructor', '__proto__', undefined])('of %s are none', (command) => {
    expect(readStart(command, [])).toBeUndefined();
  });
});
