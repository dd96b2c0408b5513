import { expect, it } from 'vitest';
import { type TestApp, textOf } from '../../support/app.ts';
import { askable, project } from '../../support/jaato.ts';
import { until } from '../../support/processes.ts';
import { describeWithPython } from '../../support/python.ts';

// Plugins that ask the user through a queue while they work, as the framework's own plugins do.

const ASKER = `import threading


class Channel:
    def set_callbacks(self, output_callback=None, input_queue=None, prompt_callback=None):
        self.output, self.queue, self.prompt = output_callback, input_queue, prompt_callback

    def ask(self, lines, hook):
        for line in lines:
            self.output("asker", line, "append")
        if lines == ["Swallowed?"]:
            return self.swallow()
        if hook is not None:
            hook("ask", 1, 1, hook_lines)
        self.prompt(True)
        try:
            return self.queue.get(timeout=5)
        finally:
            self.prompt(False)

    def swallow(self):
        try:
            self.prompt(True)
            return self.queue.get(timeout=5)
        except:
            return "the first one"


hook_lines = ["Shown by the interface", "  1. yes"]


class AskerPlugin:
    name = "asker"
    hook = None

    def __init__(self):
        self._channel = None

    def supports_interactivity(self):
        return True

    def get_supported_channels(self):
        return ["queue"]

    def set_channel(self, kind, config=None):
        if kind != "queue":
            raise ValueError(kind)
        self._channel = Channel()

    def set_clarification_hooks(self, on_requested=None, on_question_displayed=None):
        self.hook = on_question_displayed

    def get_tool_schemas(self):
        return [{"name": "ask", "description": ""}]

    def get_executors(self):
        return {"ask": self._ask}

    def _ask(self, args):
        if args.get("apart"):
            found = []
            worker = threading.Thread(target=lambda: found.append(self._ask({**args, "apart": False})))
            worker.start()
            worker.join()
            return found[0] if found else "the first one"
        answers = []
        for _ in range(args.get("times", 1)):
            answers.append(self._channel.ask(args.get("lines", []), self.hook if args.get("hook") else None))
        return "|".join(answers)


def create_plugin():
    return AskerPlugin()
`;
// Plugins of the first contract keep call state in themselves, so they serve one call at a time.
const SERIAL = ASKER.replace('def get_tool_schemas', 'def get_function_declarations');
const open = () => project({ 'asker.py': ASKER }, { asker: { path: './asker.py' } });
const ask = async (app: TestApp, args: object, answer: (message: string) => string | undefined) => {
  const { call, asked } = askable(app, answer);
  return { text: textOf(await app.call('ask', args, call)), asked };
};

describeWithPython('jaato plugins that ask', () => {
  it('ask the user with the text that they print or show, or with the call itself', async () => {
    const app = await open();
    expect(await ask(app, { lines: ['Which one?', '  a or b'] }, () => 'b')).toEqual({ text: 'b', asked: ['Which one?\n  a or b'] });
    expect((await ask(app, { hook: true }, () => 'yes')).asked).toEqual(['Shown by the interface\n  1. yes']);
    expect((await ask(app, {}, () => 'well')).asked).toEqual(['asker asks for an answer.\n\nask: {}']);
    expect(await ask(app, { lines: ['Again?'], times: 2 }, () => 'x')).toEqual({ text: 'x|x', asked: ['Again?', 'Again?'] });
  });

  it('fail if the user declines or cancels or cannot be asked, regardless of their result', {
    tags: ['jaato-unanswered'],
  }, async () => {
    const app = await open();
    for (const lines of [['Well?'], ['Swallowed?']]) {
      const declined = await app.call('ask', { lines }, askable(app, () => undefined).call);
      expect([declined.isError, textOf(declined)]).toEqual([true, expect.stringContaining('The user declined to answer')]);
      const cancelled = await app.call('ask', { lines }, askable(app, () => undefined, 'cancel').call);
      expect([cancelled.isError, textOf(cancelled)]).toEqual([true, expect.stringContaining('The user cancelled')]);
      for (const args of [{ lines }, { lines, apart: true }]) {
        const alone = await app.call('ask', args);
        expect([alone.isError, textOf(alone)]).toEqual([true, expect.stringContaining('does not support elicitation')]);
      }
    }
    expect((await ask(app, { lines: ['Apart?'], apart: true }, () => 'b')).text).toBe('b');
  });

  it.each<[string, string, object]>([
    ['by its contract', SERIAL, {}],
    ['by mcp.json', ASKER, { limits: { callsPerPlugin: 1 } }],
  ])('reject calls that wait for their turn %s, with the reason', { tags: ['serial-asks'] }, async (_, code, more) => {
    const app = await project({ 'asker.py': code }, { asker: { path: './asker.py', ...more } }, { queueMs: 400 });
    let answer: (text: string) => void = () => undefined;
    const asked = new Promise<void>((seen) => {
      const { call } = askable(app, () => {
        seen();
        return new Promise<string>((resolve) => {
          answer = resolve;
        });
      });
      void app.call('ask', { lines: ['Which one?'] }, call).then((result) => done.push(textOf(result)));
    });
    const done: string[] = [];
    await asked;
    const refused = await Promise.all([app.call('ask', {}), app.call('ask', {})]);
    for (const { meta, isError } of refused) {
      expect(isError).toBe(true);
      expect(meta?.['plugmux/error']).toMatchObject({
        code: 'BUSY',
        outcome: 'NOT_SENT',
        message: expect.stringMatching(/ waits? for the user's answer\.$/),
      });
    }
    expect(done).toEqual([]);
    answer('b');
    await until('the question is answered', () => done.length === 1);
    expect(done).toEqual(['b']);
    expect((await ask(app, { lines: ['Again?'] }, () => 'c')).text).toBe('c');
  });

  it("get only the answers to a call's own questions", async () => {
    const app = await open();
    const calls = Array.from({ length: 8 }, (_, i) =>
      ask(app, { lines: [`question ${i}`], times: 3 }, (message) => message.replace('question', 'answer')),
    );
    const found = await Promise.all(calls);
    expect(found.map(({ text }) => text)).toEqual(found.map((_, i) => `answer ${i}|answer ${i}|answer ${i}`));
    expect(found.map(({ asked }) => asked)).toEqual(found.map((_, i) => [`question ${i}`, `question ${i}`, `question ${i}`]));
  });
});
