import { expect, it } from 'vitest';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { Call, silentClient } from '../../../dist/src/gateway/call/call.js';
import { textOf } from '../../support/app.ts';
import { project, status } from '../../support/jaato.ts';
import { describeWithPython } from '../../support/python.ts';

// jaato commands that are declared, answered or typed in other ways than documented.

const PLUGIN = `from jaato_sdk.plugins.base import CommandCompletion, CommandParameter, HelpLines, ToolPlugin, UserCommand


class Help(HelpLines):
    pass


class Plugin(ToolPlugin):
    name = "p"

    def __init__(self):
        self.get_system_instructions = lambda: "Said by the object, not by its class."

    def set_output_callback(self, callback):
        self.say = callback

    def get_tool_schemas(self):
        return [{"name": "spoken", "description": ""}]

    def get_executors(self):
        return {"told": lambda args: args, "free": lambda args: args, "later": self._later, "own": lambda args: Help([("For eyes", "b")]),
                "spoken": self._spoken}

    async def _later(self, args):
        return HelpLines([("For eyes", "b")]) if "help" in args["args"] else {"later": args["args"]}

    def _spoken(self, args):
        self.say("p", "at work", "write")
        self.say("p", "", "flush")
        return "done"

    def get_user_commands(self):
        parameters = [CommandParameter("who", "", True), CommandParameter("limit"), CommandParameter("rest", capture_rest=True)]
        return [UserCommand("told", "First", True, parameters), UserCommand("told", "Second", True), UserCommand("free", "", True, []),
                UserCommand("later", "", True), UserCommand("own", "", True)]

    def get_command_completions(self, command, args):
        return [CommandCompletion(f"{value}{len(args)}") for value in ("bar", "baz", "foo") if value.startswith(args[-1])]


def create_plugin():
    return Plugin()
`;

const open = () => project({ 'p.py': PLUGIN }, { p: { path: './p.py' } });

describeWithPython('commands of jaato plugins', () => {
  it('get the typed arguments, and none for empty ones', async () => {
    const app = await open();
    const get = async (name: string, args: Record<string, string>) => {
      const { messages } = await app.instance.gateway.getPrompt(name, args, app.newCall());
      return (messages[0]?.content as { text: string } | undefined)?.text;
    };
    expect(await get('told', { who: 'Ada', limit: '', rest: '' })).toBe('{"who":"Ada"}');
    expect(await get('free', { args: 'two words' })).toBe('{"args":["two","words"]}');
    expect(await get('later', { args: 'it ran' })).toBe('{"later":["it","ran"]}');
    for (const [name, args] of [
      ['later', 'help'],
      ['own', ''],
    ] as const) {
      expect(await get(name, { args })).not.toContain('For eyes');
      const command = app.instance.registry.commands('p').find((c) => c.name === name);
      expect(textOf((await command?.run(args, app.newCall())) as never)).toBe('For eyes');
    }
  });

  it('are completed word by word', async () => {
    const app = await open();
    const { prompts } = app.instance.gateway.view(localCaller());
    const complete = (name: string, argument: string, typed: string, known = {}) =>
      prompts.get(name)?.prompt.complete?.(argument, typed, known);
    expect(await complete('told', 'who', 'b')).toEqual(['bar1', 'baz1']);
    expect(await complete('told', 'rest', 'one b', { who: 'Ada', limit: '1' })).toEqual(['one bar4', 'one baz4']);
    expect(await complete('free', 'args', 'one f')).toEqual(['one foo2']);
    expect(await complete('free', 'args', 'one ')).toEqual(['one bar2', 'one baz2', 'one foo2']);
  });

  it('with a duplicate name are served once and reported', async () => {
    const app = await open();
    expect(app.instance.registry.commands('p').map((c) => c.name)).toEqual(['told', 'free', 'later', 'own']);
    expect(status(app, 'p')?.problems).toContainEqual({
      subject: 'told',
      message: 'The command "told" is declared twice; the first counts.',
    });
    expect(app.instance.registry.catalogue().instructions.map((i) => i.text)).toEqual(['Said by the object, not by its class.']);
  });

  it('and tools output no empty lines', async () => {
    const app = await open();
    const heard: (string | undefined)[] = [];
    const client = {
      ...silentClient(app.instance.registry as never),
      progress: (_: unknown, __?: unknown, text?: string) => void heard.push(text),
    };
    expect(textOf(await app.call('spoken', {}, new Call(localCaller(), client)))).toBe('done');
    expect(heard).toEqual(['at work']);
  });
});
