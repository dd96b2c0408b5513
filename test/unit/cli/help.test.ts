import { describe, expect, it } from 'vitest';
import { adapters } from '../../../dist/adapters/index.js';
import { createProgram } from '../../../dist/src/cli/command-line.js';

type Program = Awaited<ReturnType<typeof createProgram>>;

function helpOf(command: Program): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

describe('--help', async () => {
  const program = await createProgram(adapters);
  const visible = program.commands.filter((command) => !(command as unknown as { _hidden: boolean })._hidden);

  it('sorts every command into a group', () => {
    const text = helpOf(program);
    expect(text).not.toMatch(/^Commands:/m);
    for (const group of ['Serve:', 'Inspect:', 'Plugins:', 'Configuration:', 'Upstream servers:']) expect(text).toContain(`\n${group}\n`);
    expect(visible.length).toBeGreaterThanOrEqual(20);
    expect(text).not.toMatch(/\bexpose|unexpose\b/);
  });

  it.each(visible.map((command) => [command.name(), command] as const))('%s has an example with all its arguments', (name, command) => {
    const words = /Example:\n {2}\$ plugmux (.+)\n/.exec(helpOf(command))?.[1]?.split(' ') ?? [];
    expect(words[0]).toBe(name);
    const own = command.commands.find((one) => one.name() === words[1]);
    const given = words.slice(own ? 2 : 1).filter((word) => !word.startsWith('--'));
    const wanted = (own ?? command).registeredArguments.filter(({ required }) => required);
    expect(given.length).toBeGreaterThanOrEqual(wanted.length);
    if (command.commands.length > 0) expect(own, words.join(' ')).toBeDefined();
  });

  it.each(['serve', 'stdio'])('is the same for %s, which is loaded without the other commands', async (name) => {
    const alone = await createProgram(adapters, name);
    expect(alone.commands.map((command) => command.name())).toEqual([name]);
    expect(helpOf(alone.commands[0] as Program)).toBe(helpOf(program.commands.find((command) => command.name() === name) as Program));
  });
});
