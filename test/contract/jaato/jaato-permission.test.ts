import { describe, expect, it } from 'vitest';
import { type TestApp, textOf } from '../../support/app.ts';
import { askable, code, pluginText, project } from '../../support/jaato.ts';
import { describeWithPython } from '../../support/python.ts';

// Questions about calls of jaato plugins: who gets them, and with which text.

describeWithPython('jaato plugins and permission', () => {
  describe('the preview of a plugin in questions about its calls', () => {
    const WORDS = `
    def format_permission_request(self, tool, args, channel_type):
        from jaato_sdk.plugins.base import PermissionDisplayInfo
        kind = args.get("kind")
        if kind == "raises":
            raise RuntimeError("no words")
        if kind == "hangs":
            __import__("time").sleep(30)
        args["kind"] = "changed"
        if kind == "pointless":
            return PermissionDisplayInfo("Erase", "", pre_validation_error="there is no such file")
        if kind == "dict":
            return {"summary": "A dict", "details": ""}
        return PermissionDisplayInfo(f"Erase 3 files ({channel_type})", "\\x1b[31m-gone\\x1b[0m", truncated=True, original_lines=9,
                                     warnings="cannot be undone", warning_level="error") if tool == "erase" else None
`;
    const TOOLS = pluginText('work', { erase: 'args.get("kind", "erased")', plain: '"plain"' }, WORDS);
    const openWork = () => project({ 'work.py': TOOLS }, { work: { path: './work.py', approval: 'ask' } });
    const ask = async (app: TestApp, tool: string, args: object) => {
      const { call, asked } = askable(app, () => 'Allow once');
      const result = await app.call(tool, args, call);
      return { text: textOf(result), asked };
    };

    it('is part of the question and marked as such', async () => {
      const app = await openWork();
      const { text, asked } = await ask(app, 'erase', {});
      expect(text).toBe('erased');
      expect(asked).toEqual([
        'Run the tool erase of the plugin work?\n{}\n\nArguments:\n{}\n\nNote from the plugin:\n' +
          '> Erase 3 files (console)\n> \n> -gone\n> \n> [cut; 9 lines in all]\n> \n> error: cannot be undone',
      ]);
      expect((await ask(app, 'erase', { kind: 'dict' })).asked[0]).toMatch(/> A dict$/);
      expect((await ask(app, 'plain', {})).asked).toEqual(['Run the tool plain of the plugin work?\n{}\n\nArguments:\n{}']);
    });

    it('is omitted if it is late, without other effects', async () => {
      const app = await openWork();
      for (const kind of ['raises', 'hangs']) {
        const { text, asked } = await ask(app, 'erase', { kind });
        expect(text).toBe(kind);
        expect(asked).toEqual([expect.not.stringContaining('Note from the plugin')]);
      }
    });

    it('avoids the question if the call would fail anyway', async () => {
      const { text, asked } = await ask(await openWork(), 'erase', { kind: 'pointless' });
      expect([text, asked]).toEqual(['pointless', []]);
    });
  });

  describe('a permission plugin', () => {
    const GUARD = `class PermissionPlugin:
    name = "permission"

    def __init__(self):
        self.white = set()

    def initialize(self, config=None):
        self.policy = (config or {}).get("policy", {})
        actor = (config or {}).get("actor_config", {})
        self.read, self.write = actor.get("input_func"), actor.get("output_func")

    def get_function_declarations(self):
        return [{"name": "askPermission", "description": "Asks"}]

    def get_executors(self):
        return {"askPermission": lambda args: {"asked": True}}

    def add_whitelist_tools(self, tools):
        self.white.update(tools)

    def check_permission(self, tool, args, context=None):
        if tool in self.white:
            return True, {"reason": "listed", "method": "whitelist"}
        if tool in self.policy.get("deny", []):
            return False, {"reason": "on the list", "method": "blacklist"}
        if tool == "breaks":
            raise RuntimeError("no policy")
        if tool == "edited":
            return True, {"was_edited": True, "modified_args": {"text": "changed"}}
        self.write(f"=====\\n\\x1b[1mMay {tool} run with {args}?\\x1b[0m\\n=====")
        answer = self.read()
        return answer in ("y", "a"), {"reason": f"the person said {answer}", "method": "user"}


def create_plugin():
    return PermissionPlugin()
`;
    const TOOLS = pluginText(
      'work',
      { free: '"free"', asks: '"asked"', denied: '"never"', breaks: '"never"', edited: 'args' },
      '\n    def get_auto_approved_tools(self):\n        return ["free"]\n\n    def get_user_commands(self):\n        return [("denied", "", True), ("free", "", True)]\n',
    );
    const guarded = (guard: object = {}, work: object = {}) =>
      project(
        { 'permission.py': GUARD, 'work.py': TOOLS },
        {
          guard: { path: './permission.py', enforceWith: 'permission', settings: { policy: { deny: ['denied'] } }, ...guard },
          work: { path: './work.py', ...work },
        },
      );

    it('authorizes every call of every plugin', async () => {
      const app = await guarded();
      expect(textOf(await app.call('free'))).toBe('free');
      expect((await app.call('askPermission')).structured).toEqual({ asked: true });
      for (const [tool, why] of [
        ['denied', 'on the list'],
        ['breaks', 'no policy'],
      ] as const) {
        const result = await app.call(tool);
        expect(code(result)).toBe('DENIED');
        expect(textOf(result)).toContain(why);
      }
      expect((await app.call('edited', { text: 'mine' })).structured).toEqual({ text: 'changed' });
    });

    it('gets its answers from the user behind the call', async () => {
      const app = await guarded();
      const yes = askable(app, () => 'allow');
      expect(textOf(await app.call('asks', { n: 1 }, yes.call))).toBe('asked');
      expect(yes.asked).toEqual(["May asks run with {'n': 1}?"]);
      const no = askable(app, () => undefined);
      expect(code(await app.call('asks', {}, no.call))).toBe('DENIED');
    });

    it('does not ask again about a call that the user approved in the gateway', async () => {
      const app = await guarded({}, { approval: 'ask' });
      const yes = askable(app, () => 'Allow once');
      expect(textOf(await app.call('asks', { n: 1 }, yes.call))).toBe('asked');
      expect(yes.asked).toEqual([expect.stringContaining('Run the tool asks of the plugin work?')]);
      // Approval overrides no rule: the guard still denies what it denies without a question.
      expect(code(await app.call('denied', {}, askable(app, () => 'Allow once').call))).toBe('DENIED');
      // If the gateway does not ask, the guard asks as before.
      const alone = askable(app, () => 'allow');
      const mine = await guarded({}, { approval: { asks: 'allow' } });
      expect(textOf(await mine.call('asks', {}, alone.call))).toBe('asked');
      expect(alone.asked).toEqual(['May asks run with {}?']);
    });

    it('keeps authorizing commands and knowing auto-approved tools when plugins are replaced', async () => {
      const app = await guarded();
      const entries = (n: number) => ({
        guard: { path: './permission.py', enforceWith: 'permission', settings: { n, policy: { deny: ['denied'] } } },
        work: { path: './work.py', settings: { n } },
      });
      await app.reconfigure({ plugins: entries(2) });
      await app.instance.registry.whenListed(20_000);
      const get = (name: string) => app.instance.gateway.getPrompt(name, {}, app.newCall());
      await expect(get('denied')).rejects.toMatchObject({ code: 'DENIED' });
      expect(textOf(await app.call('free'))).toBe('free');
      expect(code(await app.call('asks'))).toBe('DENIED');
    });

    it("shows the plugin's preview of its call", async () => {
      const words =
        '\n    def format_permission_request(self, tool, args, channel):\n        return {"summary": f"Words for {tool}", "details": "", "pre_validation_error": args.get("bad")}\n';
      const app = await project(
        { 'permission.py': GUARD, 'work.py': pluginText('work', { asks: '"asked"' }, words) },
        { guard: { path: './permission.py', enforceWith: 'permission' }, work: { path: './work.py' } },
      );
      const yes = askable(app, () => 'allow');
      expect(textOf(await app.call('asks', {}, yes.call))).toBe('asked');
      expect(yes.asked).toEqual(['May asks run with {}?\n\nWords for asks']);
      expect(textOf(await app.call('asks', { bad: 'no such file' }))).toBe('asked');
    });

    it('authorizes commands, too', async () => {
      const app = await guarded();
      const get = (name: string) => app.instance.gateway.getPrompt(name, {}, app.newCall());
      expect((await get('free')).messages[0]?.content).toEqual({ type: 'text', text: 'free' });
      await expect(get('denied')).rejects.toMatchObject({ code: 'DENIED', message: 'Permission denied: on the list' });
    });

    it('denies at once if the client does not support elicitation', async () => {
      const app = await guarded();
      const result = await app.call('asks');
      expect(code(result)).toBe('DENIED');
      expect(textOf(result)).toContain('Permission denied: the client does not support elicitation');
    });

    it('that cannot be loaded denies every call', async () => {
      for (const fault of [{ path: './nowhere.py' }, { enforceWith: 'other' }, { settings: {}, config: {} }]) {
        const app = await guarded(fault);
        const result = await app.call('free');
        expect(code(result)).toBe('DENIED');
      }
    });
  });
});
